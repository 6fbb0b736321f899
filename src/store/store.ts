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
  /** The store's folder, absolute. It need not exist: the first write makes it. */
  readonly dir: string
  readonly logger: Logger
  /** The folder that the store stays in by its real path, absolute. Default: the one around it. */
  readonly within?: string
  /** Whether it and its folders may be links, and lie outside. Default: no. */
  readonly outside?: boolean
  /** `look`: nothing that is there is moved, settled or removed. Default: `make`. */
  readonly purpose?: StorePurpose
  /** What stands for this machine in locks. Default: its name and what tells its process table from others. */
  readonly host?: string
  /** Holds a receipt against its key. Default: what a receipt says of itself is taken for true. */
  readonly checkReceipt?: ReceiptCheck
  /** Where other machines find the same. */
  readonly remote?: RemoteStoreOptions | undefined
}

/** The store in a folder of files, and where there is a remote, in that. Opening it touches nothing. */
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
