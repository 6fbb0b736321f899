import type { Remote } from './remote.ts'

/** Items that can be made again: whoever cannot read or write one goes on without. */
export interface SharedItems {
  /** @returns nothing where it is not there, or the remote does not answer. */
  get(key: string): Promise<Uint8Array | undefined>
  put(key: string, bytes: Uint8Array): Promise<void>
}

export function sharedItems(remote: Remote): SharedItems {
  return {
    get: (key) => remote.get(key).catch(() => undefined),
    put: (key, bytes) => remote.write(key, bytes).catch(() => undefined),
  }
}
