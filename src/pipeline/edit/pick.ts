import type { CandidatePick } from '../../manifest/entry.ts'
import { candidateList, digestPick, pickedOf, wantedForPick } from '../../plan/picked.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { withRecord, type KeyRecord, type StoreSnapshot } from '../../store/read/snapshot.ts'
import type { Store } from '../../store/store.ts'
import type { EditTarget } from './edit-target.ts'
import type { ManifestEdit } from './manifest-edit.ts'
import { propose, type ProposeAround } from './propose.ts'
import type { Survey } from '../survey.ts'

/** The highest number that `pick` takes. */
const HIGHEST_NUMBER = 100

/**
 * Plans a `pick`. The candidate that is in use already writes nothing. Otherwise both spellings are planned, the number
 * and the digest, and the cheaper one is taken, because images that refer to this one may exist for one of them. On a
 * tie it is the digest, which keeps its meaning when branches merge.
 *
 * @param written a number from 1, or at least 8 hex digits of the candidate's SHA-256.
 * @throws ImagegenError with code `usage` if the choice fits no candidate, or several; otherwise as `propose`.
 */
export async function proposePick(
  target: EditTarget,
  written: CandidatePick,
  survey: Survey,
  store: Pick<Store, 'readKey'>,
  around: ProposeAround,
): Promise<ManifestEdit> {
  const choice = typeof written === 'string' ? written.toLowerCase() : written
  const records: KeyRecord[] = []
  const chosen: Array<{ readonly number: number; readonly digest: string }> = []
  let isInUse = true
  for (const { entry, made, picked } of target.images) {
    if (made === undefined) throw notGenerated(entry.id)
    const record =
      around.snapshot?.lookup(made.key) ?? (await store.readKey(wantedForPick(made.key, choice)))
    const candidate = pickedOf(record.candidates, choice)
    if (candidate === undefined) throw noSuchCandidate(entry.id, choice, record)
    const { sha256 } = candidate.receipt
    records.push(record)
    chosen.push({
      number: record.candidates.indexOf(candidate) + 1,
      digest: digestPick(sha256, record.candidates),
    })
    isInUse &&= picked === sha256
  }
  if (isInUse) return propose(target, { changes: {} }, survey, around)
  const snapshot = around.snapshot ?? records.reduce<StoreSnapshot>(withRecord, survey.snapshot)
  const known = { ...survey, snapshot }
  const edits: ManifestEdit[] = []
  for (const pick of spellingsOf(chosen)) {
    edits.push(await propose(target, { changes: { pick } }, known, around))
  }
  const [best] = edits.sort(byPrice)
  if (best === undefined) throw differentCandidates(target)
  return best
}

/** The digest first. Several images have no digest in common, unless they share their recipe. */
function spellingsOf(
  chosen: ReadonlyArray<{ readonly number: number; readonly digest: string }>,
): CandidatePick[] {
  const digests = new Set(chosen.map(({ digest }) => digest))
  const numbers = new Set(chosen.map(({ number }) => number))
  return [
    ...(digests.size === 1 ? digests : []),
    ...(numbers.size === 1 ? [...numbers].filter((number) => number <= HIGHEST_NUMBER) : []),
  ]
}

/** Where a price is unknown, the number of pictures decides. */
function byPrice({ difference: left }: ManifestEdit, { difference: right }: ManifestEdit): number {
  const usd = left.usd === null || right.usd === null ? 0 : left.usd - right.usd
  return usd === 0 ? left.pictures - right.pictures : usd
}

function differentCandidates({ id, images }: EditTarget): ImagegenError {
  return new ImagegenError('usage', {
    message: `${id} is several images, and in each of them this is another candidate: ${images.map(({ entry }) => entry.id).join(', ')}.`,
    hint: 'Name one of them, or pick by number.',
  })
}

function notGenerated(id: string): ImagegenError {
  return new ImagegenError('usage', {
    message: `${id} is a file made by hand: it has no candidates.`,
    hint: 'Remove its `source` and add a `prompt`.',
  })
}

function noSuchCandidate(
  id: string,
  choice: CandidatePick,
  { candidates, problems }: KeyRecord,
): ImagegenError {
  const [problem] = problems
  if (problem !== undefined) return new ImagegenError('unavailable', problem)
  if (candidates.length === 0) {
    return new ImagegenError('usage', {
      message: `${id} has no candidate yet.`,
      hint: `Run \`imagegen generate\` first.`,
    })
  }
  return new ImagegenError('usage', {
    message: `${id} has ${describeMisfit(choice, candidates)}. Its candidates are ${candidateList(candidates)}.`,
    hint: 'Name one of them by its number, or by 8 or more of its digits. To have more, raise `n`.',
  })
}

function describeMisfit(choice: CandidatePick, candidates: KeyRecord['candidates']): string {
  if (typeof choice === 'number') return `no candidate ${choice}`
  const some = candidates.filter(({ receipt }) => receipt.sha256.startsWith(choice))
  return some.length > 1
    ? `${some.length} candidates that begin with ${choice}`
    : `no candidate that begins with ${choice}`
}
