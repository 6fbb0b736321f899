import { existsSync } from 'node:fs'
import path from 'node:path'
import { readReceipt } from '../read/bundle.ts'
import { holds } from '../read/bytes-state.ts'
import { baseName, originalName, receiptName } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import {
  formatReceipt,
  receiptFileText,
  type AnyReceipt,
  type Receipt,
  type ReceiptReading,
  type UnusableReceipt,
} from '../receipt.ts'

/**
 * Returns a base name that no other picture uses. Existing files that are not this picture stay untouched: they belong
 * to another picture, or are damaged and prove a payment.
 */
export function freeBase(folder: StoreFolder, receipt: Receipt): string {
  for (let number = 1; ; number++) {
    const base = baseName(receipt.name, receipt.key, receipt.sha256, number)
    const original = path.join(folder.root, originalName(base, receipt.mediaType))
    const beside = path.join(folder.root, receiptName(base))
    const isFree = existsSync(beside)
      ? // Another process may have stored the same receipt first.
        isSame(readReceipt(beside), receipt)
      : !existsSync(original) || holds(folder, original, receipt)
    if (isFree) return base
  }
}

/**
 * Writes a receipt under a free name.
 *
 * @throws ImagegenError with code `unavailable`: full disk, no permission.
 */
export async function keepReceipt(
  folder: StoreFolder,
  receipt: Receipt,
  base: string = freeBase(folder, receipt),
): Promise<void> {
  await folder.write(path.join(folder.root, receiptName(base)), receiptFileText(receipt))
}

/** Compares content, because another version of this package may format it differently. */
function isSame(reading: ReceiptReading, receipt: AnyReceipt): boolean {
  if ('fault' in reading) return false
  const found = 'receipt' in reading ? reading.receipt : reading.marker
  return formatReceipt(found) === formatReceipt(receipt)
}

/**
 * Writes the marker of a picture that cannot be used. A key has one marker for the same bytes.
 *
 * @throws ImagegenError with code `unavailable`: full disk, no permission.
 */
export async function keepMarker(folder: StoreFolder, marker: UnusableReceipt): Promise<void> {
  const names = folder.names('root')
  for (let number = 1; ; number++) {
    const base = baseName(marker.name, marker.key, marker.sha256, number)
    const file = path.join(folder.root, receiptName(base))
    if (existsSync(file)) {
      const reading = readReceipt(file)
      const isKnown =
        'marker' in reading &&
        reading.marker.key === marker.key &&
        reading.marker.sha256 === marker.sha256
      if (isKnown) return
    } else if (!names.some((name) => name.startsWith(`${base}.`))) {
      await folder.write(file, receiptFileText(marker))
      return
    }
  }
}
