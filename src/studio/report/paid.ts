import type { Survey } from '../../pipeline.ts'
import { isAdopted } from '../../pipeline/records/spend.ts'
import type { Paid } from '../protocol-report.ts'
import type { BaseProject } from './base.ts'

/** What was paid for one picture. */
export interface Payment {
  readonly key: string
  /** The image that asked for it; `undefined`: an earlier version of the receipt, which does not say it. */
  readonly entry: string | undefined
  /** `null`: unknown. */
  readonly usd: number | null
}

/**
 * What was paid for since the merge base, by the receipts that are here and were not there: pictures that can be used,
 * and those that cannot.
 *
 * @returns `null` if the receipts do not tell.
 */
export function paymentsSince(
  { survey: before, knowsReceipts }: BaseProject,
  now: Survey,
): readonly Payment[] | null {
  if (!knowsReceipts) return null
  const known = new Set(receiptsIn(before).map(nameOf))
  return receiptsIn(now).filter((receipt) => !known.has(nameOf(receipt)))
}

function receiptsIn({ snapshot }: Survey): Array<Payment & { readonly sha256: string }> {
  const { candidates, unusable } = snapshot.everything()
  const receipts = [
    ...candidates.map(({ receipt }) => receipt),
    ...unusable.map(({ marker }) => marker),
  ].filter((receipt) => !isAdopted(receipt))
  const bySource = new Map(
    receipts.map(({ key, sha256, entry, usd }) => [
      nameOf({ key, sha256 }),
      { key, sha256, entry, usd },
    ]),
  )
  return [...bySource.values()]
}

/** Two branches may have the same picture under two file names. */
function nameOf({ key, sha256 }: { readonly key: string; readonly sha256: string }): string {
  return `${key} ${sha256}`
}

/** Payments together. A price that is unknown makes the sum unknown. */
export function paidFor(payments: readonly Payment[] | null): Paid {
  if (payments === null) return { pictures: null, usd: null, known: 0, unpriced: 0 }
  const prices = payments.flatMap(({ usd }) => (usd === null ? [] : [usd]))
  // In ten-thousandths of a cent, where sums of prices are exact.
  const known = prices.reduce((sum, usd) => sum + Math.round(usd * 1e6), 0) / 1e6
  const unpriced = payments.length - prices.length
  return { pictures: payments.length, usd: unpriced === 0 ? known : null, known, unpriced }
}
