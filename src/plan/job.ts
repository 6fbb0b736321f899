import type { ImageEntry } from '../manifest/entry.ts'
import type { EntryState } from './entry-state.ts'
import type { OrderedEntry } from './order.ts'
import type { MadeImage } from './planned-image.ts'

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

/** A job while those who share it come in. */
type OpenJob = { -readonly [Field in keyof Job]: Job[Field] } & { readonly ids: string[] }

/**
 * What has to be asked for, one job a key, in the order of the entries.
 *
 * @param states of the entries in this order.
 */
export function jobsOf(
  ordered: readonly OrderedEntry[],
  states: readonly EntryState[],
): readonly Job[] {
  const byKey = new Map<string, OpenJob>()
  for (const { entry, place, needs } of ordered) {
    const { state, made, candidates = 0 } = states[place] ?? {}
    if (state !== 'missing' || made === undefined) continue
    const wanted = made.subject.candidates
    const open = byKey.get(made.key)
    if (open === undefined) {
      const missing = wanted - candidates
      const after = needs.length === 0 ? NOTHING : keysOf(needs, states, byKey)
      byKey.set(made.key, { entry, made, ids: [entry.id], wanted, missing, after })
    } else {
      open.ids.push(entry.id)
      open.missing += Math.max(0, wanted - open.wanted)
      open.wanted = Math.max(open.wanted, wanted)
    }
  }
  return [...byKey.values()]
}

const NOTHING: readonly string[] = []

/** The keys of the jobs that come before: what they make is referred to, and so stands before in the order. */
function keysOf(
  needs: readonly number[],
  states: readonly EntryState[],
  jobs: ReadonlyMap<string, unknown>,
): readonly string[] {
  const keys = needs.flatMap((place) => states[place]?.made?.key ?? [])
  return [...new Set(keys.filter((key) => jobs.has(key)))]
}
