import { lstatSync, rmSync } from 'node:fs'
import path from 'node:path'
import { ImagegenError } from '../shared/errors.ts'
import { isStoreName, parseFileName, receiptName } from './file-name.ts'
import type { StoreFolder, StorePlace } from './folder.ts'
import type { Candidate } from './read/bundle.ts'
import { type KeyRecord, lookupKey, readSnapshot } from './read/snapshot.ts'
import { storageError } from './storage-error.ts'
import type { StoreProblemKind } from './store-problem.ts'

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

/** What a new picture makes up for. A response that still waits is none of it: it is yet to be stored. */
const REPLACEABLE: ReadonlySet<StoreProblemKind> = new Set<StoreProblemKind>([
  'receipt-damaged',
  'receipt-conflict',
  'receipt-version',
  'receipt-mismatch',
  'receipt-absent',
  'response-damaged',
])

/**
 * Moves to the trash what made a key `unavailable`, once a new picture has taken its place: `generate --replace`.
 *
 * @param before the key as it was before the new picture was asked for. What came since stays.
 * @returns the files that were moved, as people know them.
 * @throws ImagegenError with code `unavailable` where no new picture is there: a receipt never goes before that.
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
      message: `Nothing new is there in place of what is lost of ${before.key}.`,
      hint: 'Its receipts stay.',
    })
  }
  // Not what is absent here and was known to be elsewhere.
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

/** A file with what bears its name: an original's receipt, a damaged response's report. */
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
