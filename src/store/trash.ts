import { lstatSync, rmSync } from 'node:fs'
import path from 'node:path'
import { isStoreName, receiptName, parseFileName } from './file-name.ts'
import type { StoreFolder } from './folder.ts'
import type { Candidate } from './read/bundle.ts'
import { readSnapshot } from './read/snapshot.ts'
import { storageError } from './storage-error.ts'

/** What was deleted for good. */
export interface EmptiedTrash {
  readonly files: number
  readonly bytes: number
}

/** The pictures whose keys nobody asks for. */
export function findUnused(folder: StoreFolder, asked: ReadonlySet<string>): readonly Candidate[] {
  return readSnapshot(folder)
    .everything()
    .candidates.filter(({ receipt }) => !asked.has(receipt.key))
}

/**
 * Moves pictures and their receipts to the trash, where their keys are still known as paid for.
 *
 * @throws ImagegenError with code `unavailable` where the folder cannot be written.
 */
export function trash(folder: StoreFolder, candidates: readonly Candidate[]): void {
  for (const { file } of candidates) {
    // The receipt goes last: killed in between, the next run finds it and finishes.
    folder.moveAside(file, 'trash')
    const base = parseFileName(path.basename(file))?.base
    if (base !== undefined) folder.moveAside(path.join(folder.root, receiptName(base)), 'trash')
  }
}

/**
 * Deletes what has been in the trash for long enough: the one place where a paid picture can end.
 *
 * @param olderThan milliseconds.
 * @throws ImagegenError with code `unavailable` where the folder cannot be written.
 */
export function emptyTrash(folder: StoreFolder, olderThan: number): EmptiedTrash {
  folder.check()
  let files = 0
  let bytes = 0
  for (const name of folder.names('trash').filter(isStoreName)) {
    const file = path.join(folder.trash, name)
    try {
      const stats = lstatSync(file)
      if (Date.now() - stats.mtimeMs < olderThan) continue
      // A folder that was in an original's place, too. Of a link only the link goes.
      rmSync(file, { recursive: true })
      files += 1
      bytes += stats.size
    } catch (error) {
      throw storageError(error, `Cannot delete ${folder.show(file)}`)
    }
  }
  return { files, bytes }
}
