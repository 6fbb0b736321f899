import { lstatSync, rmSync } from 'node:fs'
import path from 'node:path'
import { ImagegenError } from '../shared/errors.ts'
import { freeBase } from './arrive/keep-receipt.ts'
import { isStoreName, originalName, parseFileName, receiptName } from './file-name.ts'
import type { StoreFolder, StorePlace } from './folder.ts'
import type { Candidate } from './read/bundle.ts'
import { type KeyRecord, type StoreSnapshot, lookupKey, readSnapshot } from './read/snapshot.ts'
import type { TrashedPicture } from './read/trashed.ts'
import { storageError } from './storage-error.ts'
import type { StoreProblemKind } from './store-problem.ts'

/** What was deleted permanently. */
export interface EmptiedTrash {
  readonly files: number
  readonly bytes: number
}

/** The pictures whose keys are not in `asked`. */
export function findUnused(folder: StoreFolder, asked: ReadonlySet<string>): readonly Candidate[] {
  return unusedIn(readSnapshot(folder), asked)
}

/** As `findUnused`, of a store that was read already. */
export function unusedIn(
  snapshot: Pick<StoreSnapshot, 'everything'>,
  asked: ReadonlySet<string>,
): readonly Candidate[] {
  return snapshot.everything().candidates.filter(({ receipt }) => !asked.has(receipt.key))
}

/**
 * Moves pictures and their receipts to the trash. Their keys still count as paid there.
 *
 * @throws ImagegenError with code `unavailable` where the folder cannot be written.
 */
export function trash(folder: StoreFolder, candidates: readonly Candidate[]): void {
  for (const { file } of candidates) {
    // The receipt moves last: if the process is killed in between, the next run finds it and finishes.
    folder.moveAside(file, 'trash')
    const base = parseFileName(path.basename(file))?.base
    if (base !== undefined) folder.moveAside(path.join(folder.root, receiptName(base)), 'trash')
  }
}

/**
 * Moves pictures and their receipts out of the trash, back into the store.
 *
 * @throws ImagegenError with code `unavailable` where the folder cannot be written.
 */
export function restore(folder: StoreFolder, pictures: readonly TrashedPicture[]): void {
  for (const { receipt, receiptFile, file, bytes } of pictures) {
    const base = freeBase(folder, receipt)
    // The receipt moves last: if the process is killed in between, it is still in the trash, and restoring it again
    // finishes.
    if (bytes === 'present') folder.moveBack(file, originalName(base, receipt.mediaType))
    folder.moveBack(receiptFile, receiptName(base))
  }
}

/**
 * Deletes files that have been in the trash for long enough. This is the only place where a paid picture can be
 * deleted.
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
      // An original's place may have held a folder. Of a link, `rmSync` removes only the link.
      rmSync(file, { recursive: true })
      files += 1
      bytes += stats.size
    } catch (error) {
      throw storageError(error, `Cannot delete ${folder.show(file)}`)
    }
  }
  return { files, bytes }
}

/** The problems that a new picture solves. A pending response is not among them: it still has to be stored. */
const REPLACEABLE: ReadonlySet<StoreProblemKind> = new Set<StoreProblemKind>([
  'receipt-damaged',
  'receipt-conflict',
  'receipt-version',
  'receipt-mismatch',
  'receipt-absent',
  'response-damaged',
])

/**
 * Moves the files that made a key `unavailable` to the trash, once a new picture has replaced them: `generate
 * --replace`.
 *
 * @param before the key's record from before the request for the new picture. Files that arrived later stay.
 * @returns the paths of the moved files, for messages.
 * @throws ImagegenError with code `unavailable` where there is no new picture: a receipt never goes before that.
 */
export function retire(folder: StoreFolder, before: KeyRecord): string[] {
  const after = lookupKey(folder, before.key)
  const had = new Set(
    before.candidates
      .filter(({ bytes }) => bytes === 'present')
      .map(({ receipt }) => receipt.sha256),
  )
  const isReplaced = after.candidates.some(
    ({ bytes, receipt }) => bytes === 'present' && !had.has(receipt.sha256),
  )
  if (!isReplaced) {
    throw new ImagegenError('unavailable', {
      message: `There is no new picture for ${before.key} yet.`,
      hint: 'Its receipts were kept.',
    })
  }
  // Pictures that are absent here but known to be in the remote are not lost.
  const wasLost = new Set(
    before.candidates
      .filter(({ bytes }) => bytes !== 'present')
      .map(({ receipt }) => receipt.sha256),
  )
  const lost = after.candidates
    .filter(({ bytes, receipt }) => bytes !== 'present' && wasLost.has(receipt.sha256))
    .map(({ file }) => file)
  const known = new Set(before.problems.map(({ file }) => file))
  const faulty = after.problems
    .filter(({ kind, file }) => REPLACEABLE.has(kind) && known.has(file))
    .map(({ file }) => folder.locate(file))
  return [...lost, ...faulty]
    .flatMap((file) => belongings(folder, file))
    .flatMap((file) => (folder.moveAside(file, 'trash') === undefined ? [] : folder.show(file)))
}

const PLACES: readonly StorePlace[] = ['root', 'quarantine']

/** A file with the files that share its name: an original's receipt, a damaged response's report. */
function belongings(folder: StoreFolder, file: string): string[] {
  const place = PLACES.find((one) => folder[one] === path.dirname(file))
  if (place === undefined) return []
  const name = path.basename(file)
  const start = `${parseFileName(name)?.base ?? name}.`
  return folder
    .names(place)
    .filter((other) => other === name || other.startsWith(start))
    .map((other) => path.join(folder[place], other))
}
