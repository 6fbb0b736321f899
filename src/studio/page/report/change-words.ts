import type { ChangeKind, ImageSide, Missing, Paid } from '../../protocol-report.ts'
import { countOf, moneyOf, STATE_WORDS } from '../words.ts'

export const KIND_WORDS: Readonly<Record<ChangeKind, string>> = {
  added: 'Added',
  removed: 'Removed',
  reprompted: 'Reprompted',
  'new-picture': 'New picture',
  'new-pick': 'New pick',
  'new-output': 'New output',
  'new-candidates': 'More candidates',
  'new-alt': 'New alt text',
  'new-state': 'Other state',
}

/** What was paid; what is unknown is said to be unknown. */
export function paidWords({ pictures, known, unpriced }: Paid): string {
  if (pictures === null) return 'unknown'
  if (unpriced === 0) return moneyOf(known)
  return unpriced === pictures ? 'unknown price' : `${moneyOf(known)} and an unknown price`
}

/** For how many pictures. */
export function paidFor({ pictures, unpriced }: Paid): string {
  if (pictures === null) return 'the receipts are not in git'
  if (unpriced === 0 || unpriced === pictures) return countOf(pictures, 'picture')
  return `${countOf(pictures, 'picture')}, ${unpriced} without a price`
}

/** Paid, and still to pay, of one image; nothing where there is nothing. */
export function costWords(paid: Paid, missing: Missing): string {
  const parts = [
    ...(paid.pictures === 0 ? [] : [`${paidWords(paid)} paid`]),
    ...(missing.pictures === 0 ? [] : [`${moneyOf(missing.usd)} to make`]),
  ]
  return parts.join(', ')
}

/** What stands below a picture. */
export function sideWords({ picture, absent, label, width, height, state }: ImageSide): string {
  if (picture === null) return absent ?? label
  const size = width === null || height === null ? [] : [`${width}\u00a0×\u00a0${height}`]
  const isPlain = state === 'current' || state === 'unavailable'
  return [
    ...(label === '' ? [] : [label]),
    ...size,
    ...(isPlain ? [] : [STATE_WORDS[state].toLowerCase()]),
  ].join(', ')
}
