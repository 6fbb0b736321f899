import type { PlannedImage } from '../../plan/plan.ts'
import { groupBy } from '../../shared/group-by.ts'
import type { Candidate, UnusableMarker } from '../../store/read/bundle.ts'
import type { AnyReceipt } from '../../store/receipt.ts'
import type { Survey } from '../survey.ts'
import { receiptOwners } from './receipt-owner.ts'

/** Everything that was paid for under one recipe of an image. */
export interface PastStep {
  readonly key: string
  /** When the newest of it arrived. */
  readonly time: string
  readonly recipe: AnyReceipt['recipe']
  /** The newest first. */
  readonly pictures: readonly Candidate[]
  /** The newest first. */
  readonly unusable: readonly UnusableMarker[]
}

/** What an image was before: the receipts of the store that belong to it, by recipe, the newest first. */
export function historyOf(image: PlannedImage, survey: Survey): readonly PastStep[] {
  const owners = receiptOwners(survey)
  const { candidates, unusable } = survey.snapshot.everything()
  // Images that share a recipe share its pictures.
  const isOwn = (receipt: AnyReceipt): boolean =>
    receipt.key === image.made?.key || owners.imageOf(receipt) === image
  const receipts = [
    ...candidates.map((candidate) => ({ candidate, receipt: candidate.receipt })),
    ...unusable.map((marker) => ({ marker, receipt: marker.marker })),
  ].filter(({ receipt }) => isOwn(receipt))
  receipts.sort(({ receipt: left }, { receipt: right }) => byTime(right, left))
  return [...groupBy(receipts, ({ receipt }) => receipt.key)].map(([key, own]) => {
    const [{ receipt: newest }] = own
    const pictures = own.flatMap((one) => ('candidate' in one ? [one.candidate] : []))
    // Two branches may have added the same picture under two names.
    const alike = groupBy(pictures, ({ receipt }) => receipt.sha256)
    return {
      key,
      time: newest.time,
      recipe: newest.recipe,
      pictures: [...alike.values()].map(
        (twins) => twins.find(({ bytes }) => bytes === 'present') ?? twins[0],
      ),
      unusable: own.flatMap((one) => ('marker' in one ? [one.marker] : [])),
    }
  })
}

function byTime(left: AnyReceipt, right: AnyReceipt): number {
  const [one, other] =
    left.time === right.time ? [left.sha256, right.sha256] : [left.time, right.time]
  return one < other ? -1 : 1
}
