import type { Job } from './job.ts'
import type { ImageState, PlannedImage } from './planned-image.ts'
import { priceOfOne } from './price.ts'

/** The cost of some jobs. */
export interface Bill {
  /** HTTP requests; entries that share a key share requests. */
  readonly requests: number
  /** Originals to pay for. */
  readonly pictures: number
  /** Their price in USD; null if one of the models has no price. */
  readonly usd: number | null
}

/** The number of entries by state, and the cost of the jobs. */
export interface PlanSummary extends Bill {
  /** All entries. */
  readonly images: number
  readonly current: number
  readonly outdated: number
  readonly missing: number
  readonly unusable: number
  readonly unavailable: number
  readonly blocked: number
}

/** Adds up the cost of jobs. */
export function billOf(jobs: readonly Job[]): Bill {
  let requests = 0
  let pictures = 0
  let usd: number | null = 0
  for (const job of jobs) {
    requests += Math.ceil(job.missing / job.made.model.maxImagesPerCall)
    pictures += job.missing
    const price = priceOf(job)
    usd = usd === null || price === null ? null : usd + price
  }
  return { requests, pictures, usd: usd === null ? null : roundUsd(usd) }
}

/** A job's price in USD; null if the model has no price. */
export function priceOf(job: Job): number | null {
  const price = priceOfOne(job.made.recipe, job.made.model)
  return price === null ? null : roundUsd(price * job.missing)
}

/** Rounds to millionths of a dollar, because sums of prices such as 0.0035 are not exact in binary. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e6) / 1e6
}

/** Counts images by state and adds up the cost of jobs. */
export function summarise(images: readonly PlannedImage[], jobs: readonly Job[]): PlanSummary {
  const counts: Record<ImageState, number> = {
    current: 0,
    outdated: 0,
    missing: 0,
    unusable: 0,
    unavailable: 0,
    blocked: 0,
  }
  for (const { state } of images) counts[state] += 1
  return { images: images.length, ...counts, ...billOf(jobs) }
}
