import path from 'node:path'
import fsDriver from 'unstorage/drivers/fs'
import { sha256, canonicalJson } from '../../../src/shared/hash.ts'
import type { Logger } from '../../../src/shared/logger.ts'
import type { Receipt } from '../../../src/store/receipt.ts'
import type { RemoteSource } from '../../../src/store/remote/storage.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { temporaryFolder } from '../samples.ts'

/** One machine of a team: a store of its own, and the remote that all have. */
export interface Machine {
  readonly store: Store
  readonly dir: string
  readonly warnings: string[]
}

export interface MachineOptions {
  /** Milliseconds for one operation of the remote. */
  readonly timeout?: number
  /** The store's folder; default: a new one. */
  readonly dir?: string
  readonly keyOf?: (recipe: Receipt['recipe']) => string
}

/** Opens the store of a machine. */
export function machine(source: RemoteSource, options: MachineOptions = {}): Machine {
  const dir = options.dir ?? path.join(temporaryFolder(), '.imagegen')
  const warnings: string[] = []
  const logger: Logger = {
    info: () => undefined,
    warn: (message) => warnings.push(message),
    error: (message) => warnings.push(message),
  }
  const remote = { source, timeout: options.timeout ?? 30_000, keyOf: options.keyOf ?? keyOf }
  return { store: openStore({ dir, logger, remote }), dir, warnings }
}

/** How the keys of these tests come about. */
export function keyOf(recipe: Receipt['recipe']): string {
  return sha256(canonicalJson(recipe))
}

/** A folder that several machines share. */
export function sharedFolder(base: string = temporaryFolder()): RemoteSource {
  return fsDriver({ base })
}
