import type { CandidatePick } from '../manifest/entry.ts'

/** How many digits of a candidate's SHA-256 keys contain: as many as its file name. */
export const KEYED_DIGITS = 8

/** The candidate that a pick means; undefined if no candidate or more than one begins with its digits. */
export function pickedOf<Candidate extends { readonly receipt: { readonly sha256: string } }>(
  candidates: readonly Candidate[],
  pick: CandidatePick,
): Candidate | undefined {
  if (typeof pick === 'number') return candidates[pick - 1]
  const [found, ...others] = candidates.filter(({ receipt }) => receipt.sha256.startsWith(pick))
  return others.length === 0 ? found : undefined
}

/** A pick as the keys of what refers to its image contain it. */
export function pickInKeys(pick: CandidatePick): CandidatePick {
  return typeof pick === 'number' ? pick : pick.slice(0, KEYED_DIGITS)
}

/** What a store is asked for, to find a candidate: so many of the key, or those that begin with the digits. */
export function wantedForPick(
  key: string,
  pick: CandidatePick,
): { readonly key: string; readonly candidates: number; readonly digests?: readonly string[] } {
  return typeof pick === 'number'
    ? { key, candidates: pick }
    : { key, candidates: 1, digests: [pick] }
}

/** The fewest digits that tell a candidate from the others, at least as many as its file name has. */
export function digestPick(
  sha256: string,
  candidates: ReadonlyArray<{ readonly receipt: { readonly sha256: string } }>,
): string {
  let digits = KEYED_DIGITS
  while (
    digits < sha256.length &&
    candidates.filter(({ receipt }) => receipt.sha256.startsWith(sha256.slice(0, digits))).length >
      1
  ) {
    digits += 1
  }
  return sha256.slice(0, digits)
}

/** The candidates of a key as a list for messages: `1 (9e107d9d), 2 (7d82e69f)`. */
export function candidateList(
  candidates: ReadonlyArray<{ readonly receipt: { readonly sha256: string } }>,
): string {
  return candidates
    .map(({ receipt }, index) => `${index + 1} (${digestPick(receipt.sha256, candidates)})`)
    .join(', ')
}
