import path from 'node:path'
import type { CandidatePick, GeneratedSubject, ImageEntry } from '../manifest/entry.ts'
import { dependenciesOf } from '../manifest/resolve/cycles.ts'
import { faultAt, writtenAt } from '../manifest/written.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import { toPosix } from '../shared/files.ts'
import { clause } from '../shared/plain-text.ts'
import { nearest } from '../shared/suggest.ts'
import { type Keyed, type Keying, referenceTo } from './keying.ts'
import type {
  ImageState,
  Inventory,
  KeyInventory,
  MadeImage,
  PictureOrigin,
  StoredCandidate,
} from './planned-image.ts'
import type { MissingReason } from './reason.ts'
import { candidateList, pickedOf } from './picked.ts'
import type { EntryReference } from './recipe.ts'
import type { Doubt } from './undrawn.ts'
import { unusableReason } from './unusable.ts'

/** The planned state of an entry. A `refused` entry has a problem, and so do entries that refer to it. */
export interface EntryState {
  readonly state: ImageState | 'refused'
  readonly reason: string
  readonly made: MadeImage | undefined
  /** SHA-256 of the original in use, if there is one. */
  readonly picked: string | undefined
  /** Where the original in use comes from, if a candidate is in use. */
  readonly origin: PictureOrigin | undefined
  /** The number of paid originals. */
  readonly candidates: number
  readonly reference: EntryReference | undefined
  /** The problem of a `pick` that fits no candidate, or several. */
  readonly misfit?: Problem | undefined
}

/** What `entryState` needs beyond the entry. */
export interface Surroundings {
  readonly models: ReadonlyMap<string, ResolvedModel>
  readonly keying: Keying
  readonly inventory: Inventory
  readonly missingReason: MissingReason
  readonly doubt: Doubt
  readonly report: (entry: ImageEntry, problem: Problem) => void
}

/** The states of the entries that an entry refers to, in the order of its references; undefined for one with errors. */
type Needed = ReadonlyArray<EntryState | undefined>

/** Determines an entry's state from the store. */
export function entryState(entry: ImageEntry, needed: Needed, around: Surroundings): EntryState {
  const { models, keying, inventory, report } = around
  const { subject } = entry
  if (subject.kind === 'source') {
    const { sha256, otherSha256s } = subject.reference
    return {
      state: subject.isLfsPointer ? 'unavailable' : 'current',
      reason: subject.isLfsPointer ? SOURCE_POINTER : 'a file made by hand',
      made: undefined,
      picked: sha256,
      origin: undefined,
      candidates: 0,
      reference: { kind: 'source', sha256, otherSha256s },
    }
  }
  const model = models.get(subject.model)
  if (model === undefined) {
    report(entry, unknownModel(entry, subject.model, models))
    return refused('has errors')
  }
  const references: EntryReference[] = []
  for (const other of needed) {
    if (other?.reference === undefined) return refused('needs an image that has errors')
    references.push(other.reference)
  }
  const keyed = keying.keyed(entry, subject, model, references)
  if ('problems' in keyed) {
    for (const problem of keyed.problems) report(entry, problem)
    return refused('has errors')
  }
  const { recipe, key, others } = keyInUse(keyed, subject.candidates, entry.pick, inventory)
  const stored = inventory.lookup(key)
  const reference = key === keyed.key ? keyed.reference : referenceTo(entry, key, others)
  const otherKeys = reference.kind === 'generated' ? reference.otherKeys : []
  const present = stored.candidates.filter(({ bytes }) => bytes === 'present').length
  const inUse = pickedOf(stored.candidates, entry.pick)
  const origin = inUse === undefined ? undefined : (inUse.receipt.origin ?? 'provider')
  // An adopted picture was requested in no size, so only its receipt knows it.
  const isAdopted = inUse !== undefined && origin !== 'provider'
  const expected = isAdopted
    ? { width: inUse.receipt.width, height: inUse.receipt.height }
    : keyed.expected
  const made: MadeImage = { key, otherKeys, recipe, model, subject, expected, present }
  const isKnown = stored.problems.length === 0 && inventory.isPartial !== true
  const misfit =
    inUse === undefined && typeof entry.pick === 'string' && isKnown
      ? misfitProblem(entry, entry.pick, stored.candidates)
      : undefined
  if (misfit !== undefined) report(entry, misfit)
  const { state, reason } =
    misfit === undefined ? judge(entry, made, stored, needed, around) : MISFIT
  // What is paid for stays in use, whatever was declared since.
  if (keyed.refused.length > 0 && (state === 'missing' || state === 'blocked')) {
    for (const problem of keyed.refused) report(entry, problem)
    return refused('has errors')
  }
  return {
    state,
    reason,
    made,
    picked: inUse?.receipt.sha256,
    origin,
    candidates: stored.candidates.length,
    reference,
    misfit,
  }
}

const MISFIT = { state: 'unavailable', reason: 'its `pick` fits no candidate' } as const

/**
 * Finds the key that holds an entry's originals: its own, or one that earlier versions or checkouts with other line
 * endings computed for it. If one of them has all candidates, nothing is generated.
 */
function keyInUse(
  keyed: Keyed,
  wanted: number,
  pick: CandidatePick,
  inventory: Inventory,
): Pick<Keyed, 'recipe' | 'key' | 'others'> {
  if (keyed.others.length === 0) return keyed
  const all = [keyed, ...keyed.others].map((one) => ({ one, stored: inventory.lookup(one.key) }))
  const isSound = ({ stored }: (typeof all)[number]): boolean => stored.problems.length === 0
  const fits = ({ stored: { candidates } }: (typeof all)[number]): boolean =>
    candidates.length >= wanted &&
    (typeof pick === 'number' || pickedOf(candidates, pick) !== undefined)
  const most = Math.max(...all.map(({ stored }) => stored.candidates.length))
  const found =
    all.find((each) => isSound(each) && fits(each)) ??
    // Damaged files may hide paid originals, so prefer their key over a new request.
    all.find((each) => !isSound(each)) ??
    all.find(({ stored }) => (stored.unusable ?? []).length > 0) ??
    all.find(({ stored }) => stored.candidates.length === most)
  const { recipe, key } = found?.one ?? keyed
  const others = all.flatMap(({ one }) => (one.key === key ? [] : [one]))
  return { recipe, key, others }
}

function refused(reason: string): EntryState {
  return {
    state: 'refused',
    reason,
    made: undefined,
    picked: undefined,
    origin: undefined,
    candidates: 0,
    reference: undefined,
  }
}

function judge(
  entry: ImageEntry,
  made: MadeImage,
  stored: KeyInventory,
  needed: Needed,
  { inventory, missingReason, doubt }: Surroundings,
): { state: ImageState; reason: string } {
  const [damage] = stored.problems
  if (damage !== undefined) return { state: 'unavailable', reason: clause(damage.message) }
  const picked = pickedOf(stored.candidates, entry.pick)
  if (picked === undefined && typeof entry.pick === 'string') {
    return { state: 'unavailable', reason: 'its `pick` is not here, and the remote was not asked' }
  }
  if (picked !== undefined && picked.bytes !== 'present') {
    return { state: 'unavailable', reason: BYTES_REASONS[picked.bytes] }
  }
  if (stored.candidates.length < made.subject.candidates) {
    const [unusable] = stored.unusable ?? []
    if (unusable !== undefined) {
      return {
        state: 'unusable',
        reason: unusableReason(made.recipe, made.model, unusable.marker, stored.candidates.length),
      }
    }
    const blocker = needed.findIndex(
      (other) =>
        other?.state === 'unavailable' ||
        other?.state === 'blocked' ||
        (other?.state === 'unusable' && other.picked === undefined),
    )
    if (blocker >= 0) {
      const id = dependenciesOf(entry)[blocker]
      const { state, made: other, reason = '' } = needed[blocker] ?? {}
      const why = other === undefined && state === 'unavailable' ? `: ${reason}` : ''
      return { state: 'blocked', reason: `needs ${id}, which is ${state}${why}` }
    }
    const pointer = made.subject.references.find(
      (reference) => reference.kind === 'file' && reference.isLfsPointer,
    )
    if (pointer?.kind === 'file') {
      const file = asReferredTo(entry, pointer.file)
      return { state: 'blocked', reason: `needs ${file}, which is ${POINTER}` }
    }
    const reason =
      stored.candidates.length > 0
        ? `${stored.candidates.length} of ${made.subject.candidates} candidates`
        : missingReason(made.recipe, inventory.earlierRecipes(entry.name))
    const against = doubt(made.recipe, made.model)
    return { state: 'missing', reason: against === undefined ? reason : `${reason}; ${against}` }
  }
  const changed =
    picked === undefined ? undefined : changedInput(entry, made.subject, picked, needed)
  return changed === undefined
    ? { state: 'current', reason: CURRENT_REASONS[picked?.receipt.origin ?? 'provider'] }
    : { state: 'outdated', reason: `made from an earlier picture of ${changed}` }
}

const CURRENT_REASONS: Record<PictureOrigin, string> = {
  provider: 'in the store',
  elsewhere: 'in the store, adopted from elsewhere',
  edited: 'in the store, generated and edited by hand',
}

const POINTER = 'a Git LFS pointer: run `git lfs pull`'
const SOURCE_POINTER = `its file is ${POINTER}`

const BYTES_REASONS: Record<Exclude<StoredCandidate['bytes'], 'present'>, string> = {
  absent: 'paid, but its file is absent: restore it from git, or run `imagegen pull`',
  'lfs-pointer': 'paid, but its file is a Git LFS pointer: run `git lfs pull`',
  damaged: 'paid, but its file is damaged: restore it from git',
}

/** Finds the first reference whose bytes differ from those that were sent. URLs are not checked. */
function changedInput(
  entry: ImageEntry,
  { references }: GeneratedSubject,
  { receipt }: StoredCandidate,
  needed: Needed,
): string | undefined {
  let sent = 0
  let entries = 0
  for (const reference of references) {
    if (reference.kind === 'url') continue
    const before = receipt.inputs[sent++]?.sha256
    const other = reference.kind === 'entry' ? needed[entries++] : undefined
    const now = reference.kind === 'entry' ? other?.picked : reference.sha256
    if (before === undefined || now === undefined || before === now) continue
    const file = reference.kind === 'file' ? reference : other?.reference
    // The file differs only in its line endings.
    if (file?.kind !== 'generated' && file?.otherSha256s.includes(before) === true) continue
    return reference.kind === 'entry' ? reference.id : asReferredTo(entry, reference.file)
  }
  return undefined
}

/** A file's path from its manifest: reasons are shown on pages, which no path of the machine reaches. */
function asReferredTo({ manifest }: ImageEntry, file: string): string {
  return toPosix(path.relative(path.dirname(manifest.file), file))
}

/** A digest that fits no candidate, or several. */
function misfitProblem(
  entry: ImageEntry,
  pick: string,
  candidates: readonly StoredCandidate[],
): Problem {
  const some = candidates.filter(({ receipt }) => receipt.sha256.startsWith(pick))
  const what = some.length === 0 ? 'fits no candidate' : `fits ${some.length} candidates`
  const list =
    candidates.length === 0
      ? 'Its recipe has no candidate yet'
      : `Its candidates are ${candidateList(candidates)}`
  return {
    message: `${entry.name}: \`pick: "${pick}"\` ${what}. ${list}.`,
    ...writtenAt(entry, ['pick'], 'value'),
    hint:
      candidates.length === 0
        ? 'Remove `pick`, or undo the change of the recipe.'
        : `Write one of them, or remove \`pick\`; \`imagegen pick ID NUMBER\` writes it for you.`,
  }
}

function unknownModel(
  entry: ImageEntry,
  name: string,
  models: ReadonlyMap<string, ResolvedModel>,
): Problem {
  const suggestion = nearest(name, models.keys())
  return {
    ...faultAt(entry, ['model'], 'value', `there is no model \`${name}\`.`),
    hint:
      suggestion === undefined
        ? `The option \`models\` has: ${[...models.keys()].join(', ')}.`
        : `Did you mean \`${suggestion}\`?`,
  }
}
