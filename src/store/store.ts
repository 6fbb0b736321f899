import { checkPixels } from './check-pixels.ts'
import type { Logger } from '../shared/logger.ts'
import { storeFolder } from './folder.ts'
import { folderStore, type Store } from './local.ts'
import { thisProcess } from './locks/process-identity.ts'
import type { ReceiptCheck } from './receipt.ts'
import { throughRemote, type RemoteStoreOptions } from './remote/through-remote.ts'

export type { Store } from './local.ts'

export interface StoreOptions {
  /** The store's folder, absolute. It need not exist: the first write makes it. */
  readonly dir: string
  readonly logger: Logger
  /** What stands for this machine in locks. Default: its name and what tells its process table from others. */
  readonly host?: string
  /** Holds a receipt against its key. Default: what a receipt says of itself is taken for true. */
  readonly checkReceipt?: ReceiptCheck
  /** Where other machines find the same. */
  readonly remote?: RemoteStoreOptions | undefined
}

/** The store in a folder of files, and where there is a remote, in that. Opening it touches nothing. */
export function openStore({ dir, logger, host, checkReceipt, remote }: StoreOptions): Store {
  const self = thisProcess(host)
  const folder = storeFolder(dir, self, checkReceipt)
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
