import path from 'node:path'
import { extensionOf } from '../../pixels/media-type.ts'
import { groupBy } from '../../shared/group-by.ts'
import { parseFileName, shortKeyOf } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import type { UnusableReceipt } from '../receipt.ts'
import { bytesProblem } from '../store-problem.ts'
import { type Candidate, readReceipt } from './bundle.ts'
import { bytesState } from './bytes-state.ts'

/** A paid picture in the trash. Its `file` is the place of its bytes there. */
export interface TrashedPicture extends Candidate {
  /** The path of its receipt in the trash. */
  readonly receiptFile: string
}

/** What the trash proves to be paid for. */
export interface TrashContents {
  readonly pictures: readonly TrashedPicture[]
  readonly unusable: readonly UnusableReceipt[]
}

/**
 * Reads the receipts in the trash. A picture and its receipt may have other names than in the store, and other ones than
 * each other: a name that was taken gets a prefix.
 */
export function readTrash(folder: StoreFolder): TrashContents {
  const pictures: TrashedPicture[] = []
  const unusable: UnusableReceipt[] = []
  const files = folder.names('trash').flatMap((name) => {
    const parts = parseFileName(name)
    return parts === undefined ? [] : [{ ...parts, file: path.join(folder.trash, name) }]
  })
  const originals = groupBy(
    files.filter(({ extension }) => extension !== 'json'),
    ({ shortKey, shortSha256, extension }) => `${shortKey}.${shortSha256}.${extension}`,
  )
  for (const { file, shortKey, shortSha256, extension } of files) {
    if (extension !== 'json') continue
    const reading = readReceipt(file)
    if ('fault' in reading) continue
    const receipt = 'receipt' in reading ? reading.receipt : reading.marker
    const isItsOwn =
      shortKeyOf(receipt.key) === shortKey &&
      receipt.sha256.startsWith(shortSha256) &&
      folder.checkReceipt(receipt) === undefined
    if (!isItsOwn) continue
    if ('marker' in reading) unusable.push(reading.marker)
    else {
      const wanted = `${shortKey}.${shortSha256}.${extensionOf(reading.receipt.mediaType)}`
      const places = (originals.get(wanted) ?? []).map((original) => original.file)
      pictures.push({ ...pictureIn(folder, reading.receipt, places), receiptFile: file })
    }
  }
  return { pictures, unusable }
}

/** The picture with the first of some files that holds its bytes, judged by size. */
function pictureIn(
  folder: StoreFolder,
  receipt: Candidate['receipt'],
  files: readonly string[],
): Candidate {
  const whole = files.find((file) => bytesState(folder, file, receipt) === 'present')
  if (whole !== undefined) return { receipt, file: whole, bytes: 'present', problem: null }
  const [file = path.join(folder.trash, receipt.sha256)] = files
  const bytes = bytesState(folder, file, receipt)
  const problem = bytes === 'present' ? null : bytesProblem(bytes, folder.show(file))
  return { receipt, file, bytes, problem }
}
