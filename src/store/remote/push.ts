import path from 'node:path'
import type { StoreFolder } from '../folder.ts'
import { type Candidate, type UnusableMarker, readReceipt } from '../read/bundle.ts'
import { type StoreSnapshot, readSnapshot } from '../read/snapshot.ts'
import type { AnyReceipt } from '../receipt.ts'
import { type PushOptions, type TransferReport, transfer } from '../transfer.ts'
import type { Beginning } from './beginning.ts'
import { isSent, sendCandidate } from './originals.ts'
import { addReceipt, retireReceipt } from './receipt-slots.ts'
import type { Remote } from './remote.ts'

interface Parts {
  readonly folder: StoreFolder
  readonly remote: Remote
  readonly beginning: Beginning
}

/**
 * Uploads local pictures to the remote; see `Store.push`.
 *
 * @param keys only these; default: all.
 */
export async function push(
  { folder, remote, beginning }: Parts,
  options: PushOptions,
  keys?: Iterable<string>,
): Promise<TransferReport> {
  const snapshot = readSnapshot(folder)
  const isBegun = await beginning.isMade()
  if (!isBegun && !options.isDry) await beginning.make()
  const transfers = await transfer(chosen(snapshot, keys), options, async (candidate) => {
    if (await isSent(remote, candidate, options.isThorough)) return 'present'
    if (!options.isDry) await sendCandidate(folder, remote, candidate)
    return 'moved'
  })
  if (!options.isDry && !options.signal.aborted) {
    for (const { marker } of markersHere(snapshot, keys)) await addReceipt(remote, marker)
    for (const receipt of supersededHere(folder, snapshot)) await retireReceipt(remote, receipt)
  }
  return { transfers, problems: [] }
}

function chosen(snapshot: StoreSnapshot, keys: Iterable<string> | undefined): Candidate[] {
  const all =
    keys === undefined
      ? snapshot.everything().candidates
      : [...new Set(keys)].flatMap((key) => snapshot.lookup(key).candidates)
  return all.filter(({ bytes }) => bytes === 'present')
}

/** The markers of unusable pictures: without them the remote's other users would pay for the same again. */
function markersHere(
  snapshot: StoreSnapshot,
  keys: Iterable<string> | undefined,
): readonly UnusableMarker[] {
  return keys === undefined
    ? snapshot.everything().unusable
    : [...new Set(keys)].flatMap((key) => snapshot.lookup(key).unusable)
}

/** Receipts in the trash whose pictures were replaced. The remote may still use them. */
function supersededHere(folder: StoreFolder, snapshot: StoreSnapshot): AnyReceipt[] {
  return folder
    .names('trash')
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const reading = readReceipt(path.join(folder.trash, name))
      if ('fault' in reading) return []
      const trashed = 'receipt' in reading ? reading.receipt : reading.marker
      const { key, sha256 } = trashed
      const { candidates, unusable } = snapshot.lookup(key)
      // A marker and a candidate may have the same bytes.
      const isBack =
        'receipt' in reading
          ? candidates.some(({ receipt }) => receipt.sha256 === sha256)
          : unusable.some(({ marker }) => marker.sha256 === sha256)
      const isSuperseded = !isBack && candidates.some(({ bytes }) => bytes === 'present')
      return isSuperseded ? [trashed] : []
    })
}
