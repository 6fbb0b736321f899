import path from 'node:path'
import { originalName } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import type { Candidate } from '../read/bundle.ts'
import { holds } from '../read/bytes-state.ts'
import { lookupKey } from '../read/snapshot.ts'
import { formatReceipt, type Receipt } from '../receipt.ts'
import { freeBase, keepReceipt } from './keep-receipt.ts'
import { moveToQuarantine } from './quarantine.ts'

/**
 * Stores a picture with its receipt, the bytes first. Bytes that the store had lost are restored.
 *
 * @returns whether this receipt adds a candidate: `false` where the key had the picture already, under another receipt.
 */
export async function keepOriginal(
  folder: StoreFolder,
  receipt: Receipt,
  bytes: Uint8Array,
): Promise<boolean> {
  const { candidates } = lookupKey(folder, receipt.key)
  const twin = candidates.find((candidate) => candidate.receipt.sha256 === receipt.sha256)
  if (twin !== undefined) {
    await restore(folder, twin, bytes)
    return formatReceipt(twin.receipt) === formatReceipt(receipt)
  }
  const base = freeBase(folder, receipt)
  const original = path.join(folder.root, originalName(base, receipt.mediaType))
  if (!holds(folder, original, receipt)) await folder.write(original, bytes)
  await keepReceipt(folder, receipt, base)
  return true
}

/** The store had lost these bytes, and they have arrived again. */
async function restore(folder: StoreFolder, twin: Candidate, bytes: Uint8Array): Promise<void> {
  if (holds(folder, twin.file, twin.receipt)) return
  if (twin.bytes === 'present' || twin.bytes === 'damaged') {
    await moveToQuarantine(folder, twin.file, {
      what: `The original of ${twin.receipt.name}.`,
      why: 'Its bytes do not match its receipt.',
      advice: 'The same picture arrived again and replaced it.',
    })
  }
  await folder.write(twin.file, bytes)
}
