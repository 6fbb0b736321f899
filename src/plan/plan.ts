import { dependenciesOf } from '../manifest/cycles.ts'
import type { GeneratedSubject, ImageEntry } from '../manifest/entry.ts'
import { placeOf } from '../manifest/manifest.ts'
import type { PixelSize } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import { nearest } from '../shared/suggest.ts'
import { dependencyOrder } from './order.ts'
import { missingReason } from './reason.ts'
import { expectedSize, recipeKey, recipeOf, type EntryReference, type Recipe } from './recipe.ts'

/** What the store knows of one key. The store's own records have this shape and more. */
export interface KeyInventory {
  /** Paid originals, ordered by time, then SHA-256. */
  readonly candidates: readonly StoredCandidate[]
  /** Damage under this key: what it hides may have been paid. */
  readonly problems: readonly { readonly message: string }[]
}

export interface StoredCandidate {
  readonly receipt: {
    readonly sha256: string
    readonly inputs: readonly { readonly sha256: string }[]
  }
  readonly bytes: 'present' | 'absent' | 'lfs-pointer' | 'damaged'
}

/** What planning asks the store, without effects. */
export interface Inventory<Record extends KeyInventory = KeyInventory> {
  lookup(key: string): Record
  /** Recipes of earlier originals that had this entry's name, newest first: why something is missing. */
  earlierRecipes(name: string): readonly Recipe[]
}

export type ImageState = 'current' | 'outdated' | 'missing' | 'unavailable' | 'blocked'

/** One entry, and how it stands. */
export interface PlannedImage {
  readonly entry: ImageEntry
  /** Nothing for an entry with `source`. */
  readonly made: MadeImage | undefined
  readonly state: ImageState
  /** In words, for people: `new`, `prompt changed`, `1 of 4 candidates`, … */
  readonly reason: string
  /** What this entry adds to the bill, USD: shared originals are counted with the first entry that needs them. */
  readonly usd: number | null
}

/** The generated side of an entry. */
export interface MadeImage {
  readonly key: string
  readonly recipe: Recipe
  readonly model: ResolvedModel
  readonly subject: GeneratedSubject
  /** The pixels it will have, where they are known before it exists. */
  readonly expected: PixelSize | undefined
  /** Candidates whose bytes are there. */
  readonly present: number
}

/** Originals to ask for, under one key. */
export interface Job {
  /** The first entry that needs them; errors name it. */
  readonly entry: ImageEntry
  readonly made: MadeImage
  /** All entries that wait for this key. */
  readonly ids: readonly string[]
  /** How many candidates there shall be in the end. */
  readonly wanted: number
  /** How many of them are missing now. */
  readonly missing: number
  /** Somebody asked for new pictures in the place of paid ones. Never set by planning. */
  readonly renew?: Renew
  /** Keys of jobs that must be done first. */
  readonly after: readonly string[]
}

/** New pictures for those whose bytes are lost, or for candidates that are there and outdated (`picks`, from 1). */
export type Renew =
  | { readonly kind: 'lost' }
  | { readonly kind: 'outdated'; readonly picks: readonly number[] }

export interface Plan {
  /** In the order of the entries. */
  readonly images: readonly PlannedImage[]
  /** In dependency order. */
  readonly jobs: readonly Job[]
  readonly summary: PlanSummary
  /** What models refuse, by the manifest's path. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
}

export interface PlanSummary {
  /** Counts of entries. */
  readonly images: number
  readonly current: number
  readonly outdated: number
  readonly missing: number
  readonly unavailable: number
  readonly blocked: number
  /** HTTP requests after sharing by key. */
  readonly requests: number
  /** Originals to be paid. */
  readonly pictures: number
  /** Their price, USD; null where a model that is needed has none. */
  readonly usd: number | null
}

/** Holds every entry against the store: what is there, what is missing and why, what it costs. Pure and offline. */
export function planImages(
  entries: readonly ImageEntry[],
  models: ReadonlyMap<string, ResolvedModel>,
  inventory: Inventory,
): Plan {
  const problems = new Map<string, Problem[]>()
  const states = new Map<string, EntryState>()
  const ordered = dependencyOrder(entries)
  for (const entry of ordered) {
    states.set(
      entry.id,
      entryState(entry, models, inventory, states, (problem) => {
        const { path } = entry.manifest
        problems.set(path, [...(problems.get(path) ?? []), problem])
      }),
    )
  }
  const jobs = jobsOf(ordered, states, inventory)
  const billed = new Map(jobs.map((job) => [job.entry.id, job]))
  const images = entries.flatMap((entry): PlannedImage[] => {
    const found = states.get(entry.id)
    if (found === undefined || found.state === 'refused') return []
    const job = billed.get(entry.id)
    return [
      {
        entry,
        made: found.made,
        state: found.state,
        reason: found.reason,
        usd: job === undefined ? 0 : priceOf(job),
      },
    ]
  })
  return { images, jobs, summary: summarise(images, jobs), problems }
}

/** As planned; `refused` entries have a problem of their own, and what refers to them is blocked. */
interface EntryState {
  readonly state: ImageState | 'refused'
  readonly reason: string
  readonly made: MadeImage | undefined
  /** SHA-256 of the original that stands for this entry, where there is one. */
  readonly picked: string | undefined
  readonly reference: EntryReference | undefined
}

function entryState(
  entry: ImageEntry,
  models: ReadonlyMap<string, ResolvedModel>,
  inventory: Inventory,
  states: ReadonlyMap<string, EntryState>,
  report: (problem: Problem) => void,
): EntryState {
  const { subject } = entry
  if (subject.kind === 'source') {
    const { sha256 } = subject
    return {
      state: 'current',
      reason: 'a file made by hand',
      made: undefined,
      picked: sha256,
      reference: { kind: 'source', sha256 },
    }
  }
  const refused: EntryState = {
    state: 'refused',
    reason: 'has errors',
    made: undefined,
    picked: undefined,
    reference: undefined,
  }
  const model = models.get(subject.model)
  if (model === undefined) {
    report(unknownModel(entry, subject.model, models))
    return refused
  }
  const needed = dependenciesOf(entry)
  if (needed.some((id) => states.get(id)?.reference === undefined)) {
    return { ...refused, state: 'refused', reason: `needs an image that has errors` }
  }
  const outcome = recipeOf(entry, subject, model, (id) => {
    const reference = states.get(id)?.reference
    if (reference === undefined) throw new Error(`${id} was planned after ${entry.id}`)
    return reference
  })
  if ('problems' in outcome) {
    for (const problem of outcome.problems) report(problem)
    return refused
  }
  const { recipe } = outcome
  const key = recipeKey(recipe)
  const stored = inventory.lookup(key)
  const expected = expectedSize(recipe, model)
  const present = stored.candidates.filter(({ bytes }) => bytes === 'present').length
  const made: MadeImage = { key, recipe, model, subject, expected, present }
  const picked = stored.candidates[entry.pick - 1]
  return {
    ...judge(entry, made, stored, states, inventory),
    made,
    picked: picked?.receipt.sha256,
    reference: { kind: 'generated', key, pick: entry.pick },
  }
}

function judge(
  entry: ImageEntry,
  made: MadeImage,
  stored: KeyInventory,
  states: ReadonlyMap<string, EntryState>,
  inventory: Inventory,
): { state: ImageState; reason: string } {
  const [damage] = stored.problems
  if (damage !== undefined) return { state: 'unavailable', reason: damage.message }
  const picked = stored.candidates[entry.pick - 1]
  if (picked !== undefined && picked.bytes !== 'present') {
    return { state: 'unavailable', reason: BYTES_REASONS[picked.bytes] }
  }
  if (stored.candidates.length < made.subject.candidates) {
    const blocker = dependenciesOf(entry).find((id) => {
      const state = states.get(id)?.state
      return state === 'unavailable' || state === 'blocked'
    })
    if (blocker !== undefined) {
      return {
        state: 'blocked',
        reason: `needs ${blocker}, which is ${states.get(blocker)?.state}`,
      }
    }
    const reason =
      stored.candidates.length > 0
        ? `${stored.candidates.length} of ${made.subject.candidates} candidates`
        : missingReason(made.recipe, inventory.earlierRecipes(entry.name))
    return { state: 'missing', reason }
  }
  const changed = picked === undefined ? undefined : changedInput(made.subject, picked, states)
  return changed === undefined
    ? { state: 'current', reason: 'in the store' }
    : { state: 'outdated', reason: `made from an earlier picture of ${changed}` }
}

const BYTES_REASONS: Record<Exclude<StoredCandidate['bytes'], 'present'>, string> = {
  absent: 'paid, but its file is absent: restore it from git, or run `imagegen pull`',
  'lfs-pointer': 'paid, but its file is a Git LFS pointer: run `git lfs pull`',
  damaged: 'paid, but its file is damaged: restore it from git',
}

/** The first reference that now resolves to other bytes than those that were sent. URLs are not looked at. */
function changedInput(
  subject: GeneratedSubject,
  picked: StoredCandidate,
  states: ReadonlyMap<string, EntryState>,
): string | undefined {
  const local = subject.references.filter((reference) => reference.kind !== 'url')
  return local.flatMap((reference, index) => {
    const sent = picked.receipt.inputs[index]?.sha256
    const now = reference.kind === 'entry' ? states.get(reference.id)?.picked : reference.sha256
    const name = reference.kind === 'entry' ? reference.id : reference.file
    return sent !== undefined && now !== undefined && sent !== now ? [name] : []
  })[0]
}

function jobsOf(
  ordered: readonly ImageEntry[],
  states: ReadonlyMap<string, EntryState>,
  inventory: Inventory,
): Job[] {
  const byKey = new Map<string, Array<{ entry: ImageEntry; made: MadeImage }>>()
  for (const entry of ordered) {
    const found = states.get(entry.id)
    if (found?.state !== 'missing' || found.made === undefined) continue
    const { made } = found
    byKey.set(made.key, [...(byKey.get(made.key) ?? []), { entry, made }])
  }
  return [...byKey.entries()].flatMap(([key, sharing]): Job[] => {
    const [first] = sharing
    if (first === undefined) return []
    const wanted = Math.max(...sharing.map(({ made }) => made.subject.candidates))
    const after = dependenciesOf(first.entry).flatMap((id) => {
      const needed = states.get(id)?.made?.key
      return needed !== undefined && byKey.has(needed) ? [needed] : []
    })
    return [
      {
        ...first,
        ids: sharing.map(({ entry }) => entry.id),
        wanted,
        missing: wanted - inventory.lookup(key).candidates.length,
        after: [...new Set(after)],
      },
    ]
  })
}

function priceOf(job: Job): number | null {
  const { price } = job.made.model
  return price === undefined ? null : roundUsd(price * job.missing)
}

/** To a hundredth of a cent: sums of prices such as 0.0035 are not exact in binary. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e6) / 1e6
}

/** What some images and jobs come to. */
export function summarise(images: readonly PlannedImage[], jobs: readonly Job[]): PlanSummary {
  const count = (state: ImageState): number =>
    images.filter((image) => image.state === state).length
  const prices = jobs.map(priceOf)
  return {
    images: images.length,
    current: count('current'),
    outdated: count('outdated'),
    missing: count('missing'),
    unavailable: count('unavailable'),
    blocked: count('blocked'),
    requests: jobs.reduce(
      (sum, job) => sum + Math.ceil(job.missing / job.made.model.maxImagesPerCall),
      0,
    ),
    pictures: jobs.reduce((sum, job) => sum + job.missing, 0),
    usd: prices.includes(null)
      ? null
      : roundUsd(prices.reduce((sum: number, price) => sum + (price ?? 0), 0)),
  }
}

function unknownModel(
  entry: ImageEntry,
  name: string,
  models: ReadonlyMap<string, ResolvedModel>,
): Problem {
  const suggestion = nearest(name, models.keys())
  return {
    message: `${entry.name}: there is no model \`${name}\`.`,
    place: placeOf(entry.manifest, [...entry.path, 'model'], 'value'),
    hint:
      suggestion === undefined
        ? `The option \`models\` has: ${[...models.keys()].join(', ')}.`
        : `Did you mean \`${suggestion}\`?`,
  }
}
