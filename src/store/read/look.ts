import { existsSync, lstatSync } from 'node:fs'
import path from 'node:path'
import { bundleFiles, type Bundle } from './bundle.ts'
import { receiptName } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import { listWaiting, type WaitingResponse } from '../waiting.ts'

/** The folder at one moment. */
export interface View {
  /** All of them. */
  readonly names: readonly string[]
  readonly bundles: readonly Bundle[]
  /** What arrived, and nobody is storing. */
  readonly responses: readonly WaitingResponse[]
}

/**
 * Looks until nothing has become an original meanwhile. What somebody is storing at this moment is seen as not there
 * yet, and not as a picture without a receipt.
 *
 * @param only a key as it stands in names: what belongs to others is left out. Left out: all.
 */
export function lookAt(folder: StoreFolder, only?: string): View {
  const isWanted = (shortKey: string): boolean => only === undefined || shortKey === only
  folder.check()
  for (;;) {
    const before = listWaiting(folder, isWanted)
    const names = folder.names('root')
    const { files, stuck, inWork } = listWaiting(folder, isWanted)
    const wanted = only === undefined ? names : names.filter((name) => name.includes(`.${only}.`))
    const bundles = bundleFiles(wanted).filter(
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
