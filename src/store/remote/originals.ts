import { ImagegenError } from '../../shared/errors.ts'
import { sha256 } from '../../shared/hash.ts'
import type { StoreFolder } from '../folder.ts'
import { readOriginal } from '../original.ts'
import type { Candidate } from '../read/bundle.ts'
import type { Receipt } from '../receipt.ts'
import { addReceipt, knowsReceipt } from './receipt-slots.ts'
import type { Remote } from './remote.ts'
import { LONGEST_ITEM } from './storage.ts'

/** The part of a receipt that identifies the bytes. */
type Expected = Pick<Receipt, 'sha256' | 'bytes'>

/**
 * Downloads an original and checks its bytes.
 *
 * @returns `undefined` where the remote does not have it.
 * @throws ImagegenError with code `damaged`: the bytes differ from the receipt; with code `unavailable`: the remote
 * does not answer.
 */
export async function fetchOriginal(
  remote: Remote,
  expected: Expected,
): Promise<Uint8Array | undefined> {
  const item = originalItem(expected)
  const bytes = await remote.get(item, mostOf(expected))
  if (bytes === undefined || isWhole(bytes, expected)) return bytes
  throw new ImagegenError('damaged', {
    message: `The remote store's ${item} is damaged: its ${bytes.length} bytes do not match the receipt, which states ${expected.bytes} bytes.`,
    hint: 'The damaged copy is not used. Run `imagegen push --verify` on a machine that has the picture to repair it.',
  })
}

export async function hasOriginal(remote: Remote, expected: Expected): Promise<boolean> {
  return remote.has(originalItem(expected))
}

/**
 * Uploads an original's bytes unless the remote has them. Overwrites incomplete or damaged bytes.
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

/** Whether the remote holds intact bytes. Reads them to be sure. */
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

/** A receipt from another machine may state any size. */
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
 * Uploads a picture. Its bytes go first, so that a receipt never refers to bytes that are not there.
 *
 * @throws ImagegenError with code `unavailable`, or `damaged` where the local bytes are.
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
 * @param isThorough reads the bytes. Otherwise the receipt vouches for them, because it was written after them.
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
