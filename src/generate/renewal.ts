import type { Candidate } from '../store/read/bundle.ts'
import type { KeyRecord } from '../store/read/snapshot.ts'
import type { Store } from '../store/store.ts'
import type { Order } from './order.ts'

/** The candidates that an order can be content with: where it renews some, without those. */
export function usableFor(order: Order, { candidates }: KeyRecord): readonly Candidate[] {
  if (order.renew === null) return candidates
  const replaced = replacedBy(order)
  return candidates.filter(
    ({ bytes, receipt }) => bytes === 'present' && !replaced.has(receipt.sha256),
  )
}

/** A lost original is asked for with the seed it had. */
export function lostSeed(order: Order, record: KeyRecord): number | undefined {
  if (order.renew?.kind !== 'lost') return undefined
  return record.candidates.find(({ bytes }) => bytes !== 'present')?.receipt.seed ?? undefined
}

/** Takes away what enough usable pictures stand in for now. Done again, it does nothing. */
export async function clearReplaced(order: Order, before: KeyRecord, store: Store): Promise<void> {
  if (order.renew?.kind === 'lost') {
    const lost = before.candidates.filter(({ bytes }) => bytes !== 'present')
    if (lost.length + before.problems.length > 0) {
      // What is present may be new from a run that was killed before it came here.
      await store.retire({ ...before, candidates: lost })
    }
    await store.retireMarkers(before.unusable)
  }
  if (order.renew?.kind === 'outdated') {
    const replaced = replacedBy(order)
    await store.supersede(before.candidates.filter(({ receipt }) => replaced.has(receipt.sha256)))
  }
}

/** The pictures that new ones shall take the place of although they are there. */
function replacedBy({ renew }: Order): ReadonlySet<string> {
  return new Set(renew?.kind === 'outdated' ? renew.replaced : [])
}
