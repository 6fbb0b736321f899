import type { CandidatePick, ImageEntry } from '../manifest/entry.ts'
import type { EntryState } from './entry-state.ts'
import type { OrderedEntry } from './order.ts'
import type { MadeImage } from './planned-image.ts'

/** Originals to generate under one key. */
export interface Job {
  /** The first entry that needs them; errors name it. */
  readonly entry: ImageEntry
  readonly made: MadeImage
  /** The ids of all entries that need this key. */
  readonly ids: readonly string[]
  /** How many candidates the key must have in the end. */
  readonly wanted: number
  /** How many of them are missing now. */
  readonly missing: number
  /** Set if the user asked to replace paid images. Planning never sets it. */
  readonly renew?: Renew
  /** Keys of jobs that must finish first. */
  readonly after: readonly string[]
}

/** Which paid images to replace: those whose bytes are lost, or outdated candidates (`picks`). */
export type Renew =
  | { readonly kind: 'lost' }
  | { readonly kind: 'outdated'; readonly picks: readonly CandidatePick[] }

/** A job that is still being collected. */
type OpenJob = { -readonly [Field in keyof Job]: Job[Field] } & { readonly ids: string[] }

/**
 * Returns the jobs to run, one per key, in the order of the entries.
 *
 * @param states the entries' states, in this order.
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

/** The keys of the jobs that this one depends on. References come earlier in the order, so their jobs exist. */
function keysOf(
  needs: readonly number[],
  states: readonly EntryState[],
  jobs: ReadonlyMap<string, unknown>,
): readonly string[] {
  const keys = needs.flatMap((place) => states[place]?.made?.key ?? [])
  return [...new Set(keys.filter((key) => jobs.has(key)))]
}
