import { ImagegenError } from '../../shared/errors.ts'
import { sha256 } from '../../shared/hash.ts'
import type { StoreFolder } from '../folder.ts'
import { readOriginal } from '../original.ts'
import type { Candidate } from '../read/bundle.ts'
import type { Receipt } from '../receipt.ts'
import { addReceipt, knowsReceipt } from './receipt-slots.ts'
import type { Remote } from './remote.ts'
import { LONGEST_ITEM } from './storage.ts'

/** What of a receipt says which bytes are meant. */
type Expected = Pick<Receipt, 'sha256' | 'bytes'>

/**
 * An original's bytes, if they are the receipt's.
 *
 * @returns nothing where the remote does not have them.
 * @throws ImagegenError with code `damaged`: it has others; with code `unavailable`: it cannot be asked.
 */
export async function fetchOriginal(
  remote: Remote,
  expected: Expected,
): Promise<Uint8Array | undefined> {
  const item = originalItem(expected)
  const bytes = await remote.get(item, mostOf(expected))
  if (bytes === undefined || isWhole(bytes, expected)) return bytes
  throw new ImagegenError('damaged', {
    message: `The remote store's ${item} is damaged: it has ${bytes.length} bytes that are not those of the receipt, which are ${expected.bytes}.`,
    hint: 'Nothing uses it. `imagegen push --verify`, where the picture is, puts it right.',
  })
}

export async function hasOriginal(remote: Remote, expected: Expected): Promise<boolean> {
  return remote.has(originalItem(expected))
}

/**
 * Puts an original's bytes there, unless they are there. What somebody had begun to write, or damaged, is overwritten.
 *
 * @throws ImagegenError with code `unavailable`.
 */
export async function sendOriginal(
  remote: Remote,
  expected: Expected,
  bytes: Uint8Array,
): Promise<void> {
  if (await holdsOriginal(remote, expected)) return
  await remote.put(originalItem(expected), bytes)
}

/** Reads it, to be sure. */
export async function holdsOriginal(remote: Remote, expected: Expected): Promise<boolean> {
  if (!(await hasOriginal(remote, expected))) return false
  const bytes = await remote
    .get(originalItem(expected), mostOf(expected))
    .catch((error: unknown) => {
      if (error instanceof ImagegenError && error.code === 'damaged') return undefined
      throw error
    })
  return bytes !== undefined && isWhole(bytes, expected)
}

/** A receipt from elsewhere may name any size. */
function mostOf({ bytes }: Expected): number {
  return Math.min(bytes, LONGEST_ITEM)
}

function isWhole(bytes: Uint8Array, expected: Expected): boolean {
  return bytes.length === expected.bytes && sha256(bytes) === expected.sha256
}

function originalItem(expected: Expected): string {
  return `originals:${expected.sha256}`
}

/**
 * Makes a picture known to the remote: its bytes first, so that a receipt never speaks of something that is not there.
 *
 * @throws ImagegenError with code `unavailable`, or `damaged` where the bytes here are.
 */
export async function sendCandidate(
  folder: StoreFolder,
  remote: Remote,
  candidate: Candidate,
): Promise<void> {
  await sendOriginal(remote, candidate.receipt, await readOriginal(folder, candidate))
  await addReceipt(remote, candidate.receipt)
}

/**
 * Whether the remote has a picture and its receipt.
 *
 * @param isThorough reads the bytes, where otherwise a receipt vouches for them: it was written after them.
 * @throws ImagegenError with code `unavailable`.
 */
export async function isSent(
  remote: Remote,
  { receipt }: Candidate,
  isThorough: boolean,
): Promise<boolean> {
  if (!(await knowsReceipt(remote, receipt))) return false
  return isThorough ? holdsOriginal(remote, receipt) : hasOriginal(remote, receipt)
}
