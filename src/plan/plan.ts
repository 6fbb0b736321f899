import type { ImageEntry } from '../manifest/entry.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import { priceOf, summarise, type PlanSummary } from './bill.ts'
import { entryState, type EntryState } from './entry-state.ts'
import type { Inventory } from './inventory.ts'
import { jobsOf, type Job } from './job.ts'
import { createKeying } from './keying.ts'
import { dependencyOrder } from './order.ts'
import type { PlannedImage } from './planned-image.ts'

export type { PlanSummary } from './bill.ts'
export type { Inventory, KeyInventory, StoredCandidate } from './inventory.ts'
export type { Job, Renew } from './job.ts'
export type { ImageState, MadeImage, PlannedImage } from './planned-image.ts'

export interface Plan {
  /** In the order of the entries. */
  readonly images: readonly PlannedImage[]
  /** In dependency order. */
  readonly jobs: readonly Job[]
  readonly summary: PlanSummary
  /** What models refuse, by the manifest's path. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
}

/** Holds every entry against the store: what is there, what is missing and why, what it costs. Pure and offline. */
export interface Planner {
  plan(entries: readonly ImageEntry[], inventory: Inventory): Plan
}

/** A planner that remembers the keys of the entries that it has seen. */
export function createPlanner(models: ReadonlyMap<string, ResolvedModel>): Planner {
  const keying = createKeying()
  return {
    plan(entries, inventory) {
      const problems = new Map<string, Problem[]>()
      const states = new Map<string, EntryState>()
      const ordered = dependencyOrder(entries)
      for (const entry of ordered) {
        const report = (problem: Problem): void => {
          const { path } = entry.manifest
          problems.set(path, [...(problems.get(path) ?? []), problem])
        }
        states.set(entry.id, entryState(entry, { models, keying, inventory, states, report }))
      }
      const jobs = jobsOf(ordered, states, inventory)
      const images = imagesOf(entries, states, jobs)
      return { images, jobs, summary: summarise(images, jobs), problems }
    },
  }
}

/** Plans once; see `Planner`. */
export function planImages(
  entries: readonly ImageEntry[],
  models: ReadonlyMap<string, ResolvedModel>,
  inventory: Inventory,
): Plan {
  return createPlanner(models).plan(entries, inventory)
}

function imagesOf(
  entries: readonly ImageEntry[],
  states: ReadonlyMap<string, EntryState>,
  jobs: readonly Job[],
): PlannedImage[] {
  const billed = new Map(jobs.map((job) => [job.entry.id, job]))
  const images: PlannedImage[] = []
  for (const entry of entries) {
    const found = states.get(entry.id)
    if (found === undefined || found.state === 'refused') continue
    const { made, state, reason } = found
    const job = billed.get(entry.id)
    images.push({ entry, made, state, reason, usd: job === undefined ? 0 : priceOf(job) })
  }
  return images
}
