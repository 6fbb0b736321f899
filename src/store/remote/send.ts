import { readOriginal } from '../original.ts'
import type { Candidate } from '../read/bundle.ts'
import type { StoreFolder } from '../folder.ts'
import { hasOriginal, holdsOriginal, sendOriginal } from './originals.ts'
import { addReceipt, knowsReceipt } from './receipt-slots.ts'
import type { Remote } from './remote.ts'

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
