import type { Job } from './job.ts'
import type { ImageState, PlannedImage } from './planned-image.ts'
import { priceOfOne } from './price.ts'

/** What some jobs come to. */
export interface Bill {
  /** HTTP requests after sharing by key. */
  readonly requests: number
  /** Originals to be paid. */
  readonly pictures: number
  /** Their price, USD; null where a model that is needed has none. */
  readonly usd: number | null
}

export interface PlanSummary extends Bill {
  /** Counts of entries. */
  readonly images: number
  readonly current: number
  readonly outdated: number
  readonly missing: number
  readonly unavailable: number
  readonly blocked: number
}

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

/** USD; null where nobody knows. */
export function priceOf(job: Job): number | null {
  const price = priceOfOne(job.made.recipe, job.made.model)
  return price === null ? null : roundUsd(price * job.missing)
}

/** To a hundredth of a cent: sums of prices such as 0.0035 are not exact in binary. */
function roundUsd(usd: number): number {
  return Math.round(usd * 1e6) / 1e6
}

/** What some images and jobs come to. */
export function summarise(images: readonly PlannedImage[], jobs: readonly Job[]): PlanSummary {
  const counts: Record<ImageState, number> = {
    current: 0,
    outdated: 0,
    missing: 0,
    unavailable: 0,
    blocked: 0,
  }
  for (const { state } of images) counts[state] += 1
  return { images: images.length, ...counts, ...billOf(jobs) }
}
