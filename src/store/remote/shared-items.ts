import type { Remote } from './remote.ts'

/** Items that can be created again: a failed read or write is ignored. */
export interface SharedItems {
  /** @returns `undefined` where the item does not exist or the remote does not answer. */
  get(key: string): Promise<Uint8Array | undefined>
  put(key: string, bytes: Uint8Array): Promise<void>
}

export function sharedItems(remote: Remote): SharedItems {
  return {
    get: (key) => remote.get(key).catch(() => undefined),
    put: (key, bytes) => remote.write(key, bytes).catch(() => undefined),
  }
}
