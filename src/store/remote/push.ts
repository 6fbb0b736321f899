import path from 'node:path'
import type { StoreFolder } from '../folder.ts'
import { type Candidate, readReceipt } from '../read/bundle.ts'
import { type StoreSnapshot, readSnapshot } from '../read/snapshot.ts'
import type { Receipt } from '../receipt.ts'
import { type PushOptions, type TransferReport, transfer } from '../transfer.ts'
import type { Beginning } from './beginning.ts'
import { isSent, sendCandidate } from './originals.ts'
import { retireReceipt } from './receipt-slots.ts'
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

/** Receipts in the trash whose pictures were replaced. The remote may still use them. */
function supersededHere(folder: StoreFolder, snapshot: StoreSnapshot): Receipt[] {
  return folder
    .names('trash')
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const reading = readReceipt(path.join(folder.trash, name))
      if ('fault' in reading) return []
      const { key, sha256 } = reading.receipt
      const { candidates } = snapshot.lookup(key)
      const isBack = candidates.some(({ receipt }) => receipt.sha256 === sha256)
      const isSuperseded = !isBack && candidates.some(({ bytes }) => bytes === 'present')
      return isSuperseded ? [reading.receipt] : []
    })
}
