import { existsSync, lstatSync } from 'node:fs'
import path from 'node:path'
import { bundleFiles, type Bundle } from './bundle.ts'
import { receiptName } from './file-name.ts'
import { namesIn, type StoreFolder } from './folder.ts'
import { listWaiting, type WaitingResponse } from './waiting.ts'

/** The folder at one moment. */
export interface View {
  readonly names: readonly string[]
  readonly bundles: readonly Bundle[]
  /** What arrived, and nobody is storing. */
  readonly responses: readonly WaitingResponse[]
}

/**
 * Looks until nothing has become an original meanwhile. What somebody is storing at this moment is seen as not there
 * yet, and not as a picture without a receipt.
 */
export function lookAt(folder: StoreFolder, isWanted: (name: string) => boolean): View {
  for (;;) {
    const before = listWaiting(folder)
    const names = namesIn(folder.root).filter(isWanted)
    const { files, stuck, inWork } = listWaiting(folder)
    const bundles = bundleFiles(names).filter(
      ({ hasReceipt, shortKey }) => hasReceipt || !inWork.has(shortKey),
    )
    const isSteady =
      [...before.files].every((file) => files.has(file)) &&
      // Not by where a link leads: one that leads nowhere would never be steady.
      stuck.every(({ file }) => lstatSync(file, { throwIfNoEntry: false }) !== undefined) &&
      bundles.every(
        ({ hasReceipt, base }) =>
          hasReceipt || !existsSync(path.join(folder.root, receiptName(base))),
      )
    if (isSteady) return { names, bundles, responses: stuck }
  }
}
