import type { RemoteStorage } from '../../../src/store/remote/storage.ts'

/** The faults that a storage can have. */
export type Fault =
  | 'down'
  | 'hanging'
  | 'denied'
  | 'full'
  /** Reports success for a write, but does not store it. */
  | 'forgetful'
  | 'wrong bytes'
  | 'half-written'
  | 'empty'

export interface FaultyStorage extends RemoteStorage {
  /** The current fault. `undefined`: none. */
  fault: Fault | undefined
  /** Selects the items that the fault affects; default: all. */
  affects: (key: string) => boolean
  readonly items: Map<string, Uint8Array>
  /** The number of operations so far. */
  asked: number
}

/** A third-party driver with realistic faults. */
export function faultyStorage(): FaultyStorage {
  const items = new Map<string, Uint8Array>()
  const never = new Promise<never>(() => undefined)

  async function meet(key: string, isWriting: boolean): Promise<Fault | undefined> {
    storage.asked += 1
    if (!storage.affects(key)) return undefined
    switch (storage.fault) {
      case 'down':
        throw Object.assign(new TypeError('fetch failed'), {
          cause: new Error('connect ECONNREFUSED 127.0.0.1:9'),
        })
      case 'hanging':
        return never
      case 'denied':
        throw new Error(`[PUT] https://kira:a-password@s3.example/bucket/${key}: 403 AccessDenied`)
      case 'full':
        if (isWriting) throw new Error("OOM command not allowed when used memory > 'maxmemory'.")
        return undefined
      default:
        return storage.fault
    }
  }

  const storage: FaultyStorage = {
    fault: undefined,
    affects: () => true,
    items,
    asked: 0,
    async hasItem(key) {
      const fault = await meet(key, false)
      return fault !== 'empty' && items.has(key)
    },
    getItem: (key) => storage.getItemRaw!(key, {}),
    async getItemRaw(key) {
      const fault = await meet(key, false)
      const bytes = items.get(key)
      if (bytes === undefined || fault === 'empty') return null
      if (fault === 'half-written') return bytes.subarray(0, bytes.length >> 1)
      if (fault !== 'wrong bytes') return bytes
      const wrong = Buffer.from(bytes)
      wrong[wrong.length >> 1]! ^= 1
      return wrong
    },
    async setItemRaw(key, value) {
      const fault = await meet(key, true)
      if (fault !== 'forgetful') items.set(key, Buffer.from(value as Uint8Array))
    },
  }
  return storage
}
