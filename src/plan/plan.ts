import type { ImageEntry } from '../manifest/entry.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import { type PlanSummary, priceOf, summarise } from './bill.ts'
import { type EntryState, entryState } from './entry-state.ts'
import { type Job, jobsOf } from './job.ts'
import { createKeying } from './keying.ts'
import { type OrderedEntry, createDependencyOrder } from './order.ts'
import type { Inventory, PlannedImage } from './planned-image.ts'
import { createMissingReason } from './reason.ts'
import { createSurplus } from './surplus.ts'
import { createDoubt } from './undrawn.ts'

export type { PlanSummary } from './bill.ts'
export type { Inventory, KeyInventory, StoredCandidate } from './planned-image.ts'
export type { Job } from './job.ts'
export type { PlannedImage } from './planned-image.ts'

/** The state of every image, and the jobs that generate the missing ones. */
export interface Plan {
  /** In the order of the entries. */
  readonly images: readonly PlannedImage[]
  /** In dependency order. */
  readonly jobs: readonly Job[]
  readonly summary: PlanSummary
  /** Problems that the models' limits cause, by the manifest's path. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
  /** Those of `problems` that are a digest in `pick` that fits no candidate, or several, by the image's id. */
  readonly misfits: ReadonlyMap<string, Problem>
}

/** Compares every entry with the store: what exists, what is missing and why, what it costs. Pure and offline. */
export interface Planner {
  plan(entries: readonly ImageEntry[], inventory: Inventory): Plan
}

/** The previous plan and its input. */
interface Planned {
  readonly inventory: Inventory
  readonly ordered: readonly OrderedEntry[]
  readonly states: readonly EntryState[]
}

/**
 * Creates a planner that caches keys and states. Entries and inventories are immutable, so an entry's state is reused if
 * the entry, the inventory and the states of the entries it refers to are the same as last time.
 */
export function createPlanner(models: ReadonlyMap<string, ResolvedModel>): Planner {
  const keying = createKeying()
  const missingReason = createMissingReason()
  const dependencyOrder = createDependencyOrder()
  let last: Planned | undefined
  return {
    plan(entries, inventory) {
      const problems = new Map<string, Problem[]>()
      const ordered = dependencyOrder(entries)
      const states: EntryState[] = []
      const report = ({ manifest }: ImageEntry, problem: Problem): void => {
        problems.set(manifest.path, [...(problems.get(manifest.path) ?? []), problem])
      }
      const doubt = createDoubt(inventory)
      const around = { models, keying, inventory, missingReason, doubt, report }
      const earlier = last?.inventory === inventory ? last : undefined
      for (const { entry, place, needs } of ordered) {
        const before = earlier?.ordered[place]?.entry === entry ? earlier.states[place] : undefined
        states.push(
          before !== undefined && stillStands(before, needs, states, earlier?.states)
            ? before
            : entryState(
                entry,
                needs.map((other) => states[other]),
                around,
              ),
        )
      }
      last = { inventory, ordered, states }
      const jobs = jobsOf(ordered, states)
      const images = imagesOf(ordered, states, jobs, createSurplus(states, inventory))
      const misfits = misfitsOf(ordered, states)
      return { images, jobs, summary: summarise(images, jobs), problems, misfits }
    },
  }
}

/** @param needs the places of the entries that this entry refers to. */
function stillStands(
  before: EntryState,
  needs: readonly number[],
  states: readonly EntryState[],
  earlier: readonly EntryState[] | undefined,
): boolean {
  // An entry with problems must report them in every plan.
  if (before.state === 'refused' || before.misfit !== undefined) return false
  return needs.every((place) => {
    const state = states[place]
    // An entry that is missing now may have existed before.
    return state !== undefined && state === earlier?.[place]
  })
}

function misfitsOf(
  ordered: readonly OrderedEntry[],
  states: readonly EntryState[],
): ReadonlyMap<string, Problem> {
  const misfits = new Map<string, Problem>()
  for (const { entry, place } of ordered) {
    const misfit = states[place]?.misfit
    if (misfit !== undefined) misfits.set(entry.id, misfit)
  }
  return misfits
}

/** Returns the planned images in the given order of the entries. */
function imagesOf(
  ordered: readonly OrderedEntry[],
  states: readonly EntryState[],
  jobs: readonly Job[],
  surplusOf: (state: EntryState) => readonly string[],
): PlannedImage[] {
  // Jobs are in the same order as their entries.
  const pending = jobs.values()
  let next = pending.next().value
  const images: Array<PlannedImage | undefined> = Array.from({ length: ordered.length })
  for (const { entry, place, index } of ordered) {
    const job = next?.entry === entry ? next : undefined
    if (job !== undefined) next = pending.next().value
    const found = states[place]
    if (found === undefined || found.state === 'refused') continue
    const { made, state, reason, picked, origin } = found
    const usd = job === undefined ? 0 : priceOf(job)
    images[index] = { entry, made, state, reason, picked, origin, surplus: surplusOf(found), usd }
  }
  return images.filter((image) => image !== undefined)
}
