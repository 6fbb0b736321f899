import path from 'node:path'
import { checkPixels } from './check-pixels.ts'
import type { Logger } from '../shared/logger.ts'
import { storeFolder, type StorePurpose } from './folder.ts'
import { folderStore, type Store } from './local.ts'
import { thisProcess } from './locks/process-identity.ts'
import type { ReceiptCheck } from './receipt.ts'
import { throughRemote, type RemoteStoreOptions } from './remote/through-remote.ts'

export type { Store } from './local.ts'

export type { StorePurpose } from './folder.ts'

export interface StoreOptions {
  /** The store's folder, absolute. The first write creates it. */
  readonly dir: string
  readonly logger: Logger
  /** The folder that must contain the store's real path, absolute. Default: the store's parent folder. */
  readonly within?: string
  /** Whether the store and its folders may be links and may be outside `within`. Default: no. */
  readonly outside?: boolean
  /** With `look` nothing is moved, settled or removed; with `untouched` nothing is written at all. Default: `make`. */
  readonly purpose?: StorePurpose
  /** Identifies this machine in locks. Default: its name and a digest that identifies its process table. */
  readonly host?: string
  /** Checks a receipt against its key. Default: receipts are trusted. */
  readonly checkReceipt?: ReceiptCheck
  /** The remote that machines share. */
  readonly remote?: RemoteStoreOptions | undefined
}

/** Opens the store in a folder, and in a remote if there is one. Opening it reads and writes nothing. */
export function openStore(options: StoreOptions): Store {
  const { dir, logger, host, checkReceipt, remote, purpose = 'make' } = options
  const { within = path.dirname(dir), outside = false } = options
  const boundary = { within, outside }
  const folder = storeFolder(dir, thisProcess(host), checkReceipt, { boundary, purpose })
  const local = folderStore(folder, logger)
  const store = remote === undefined ? local : throughRemote(local, folder, remote, logger)
  return {
    ...store,
    async readOriginal(candidate) {
      const bytes = await store.readOriginal(candidate)
      await checkPixels(bytes, candidate.receipt, folder.show(candidate.file))
      return bytes
    },
  }
}
