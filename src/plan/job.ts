import { dependenciesOf } from '../manifest/cycles.ts'
import type { ImageEntry } from '../manifest/entry.ts'
import type { EntryState } from './entry-state.ts'
import type { Inventory } from './inventory.ts'
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

/** What has to be asked for, one job a key, in the order of the entries. */
export function jobsOf(
  ordered: readonly ImageEntry[],
  states: ReadonlyMap<string, EntryState>,
  inventory: Inventory,
): Job[] {
  const byKey = new Map<string, Array<{ entry: ImageEntry; made: MadeImage }>>()
  for (const entry of ordered) {
    const found = states.get(entry.id)
    if (found?.state !== 'missing' || found.made === undefined) continue
    const { made } = found
    const sharing = byKey.get(made.key)
    if (sharing === undefined) byKey.set(made.key, [{ entry, made }])
    else sharing.push({ entry, made })
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
