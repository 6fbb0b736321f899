import { ImagegenError } from '../shared/errors.ts'

/** The most that may be asked for. */
export interface BudgetLimit {
  /** Images. */
  readonly images: number
  /** US dollars; nothing: no limit. */
  readonly usd: number | undefined
}

/** What a run, or a dev server's life, has spent. */
export interface Spending {
  /** HTTP requests sent, failed ones too. */
  readonly requests: number
  /** Images asked for in attempts that may have been billed. */
  readonly pictures: number
  /** US dollars for them, as far as prices are known. */
  readonly usd: number
}

/** Where requests are paid from. */
export interface Purse {
  /**
   * Counts an attempt, before it is sent.
   *
   * @returns what takes it back, for an attempt that was surely not billed.
   * @throws ImagegenError with code `budget`.
   */
  spend(
    pictures: number,
    usd: number | null,
  ): (() => void | Promise<void>) | Promise<() => void | Promise<void>>
}

/** Counts what is asked for, and refuses what would pass the limit before it is sent. */
export interface Budget extends Purse {
  readonly limit: BudgetLimit
  spent(): Spending
  /** Whether so much more fits. */
  holds(pictures: number, usd: number | null): boolean
  spend(pictures: number, usd: number | null): () => void
  /** Counts what others have spent for this run. It is spent already: no limit keeps it from being counted. */
  charge(spending: Spending): void
}

export function createBudget(limit: BudgetLimit): Budget {
  let requests = 0
  let pictures = 0
  let usd = 0
  const holds = (morePictures: number, moreUsd: number | null): boolean =>
    pictures + morePictures <= limit.images &&
    // Sums of prices such as 0.0035 are not exact: half a hundredth of a cent is no passing.
    (limit.usd === undefined || usd + (moreUsd ?? 0) <= limit.usd + 0.00005)
  return {
    limit,
    holds,
    charge(spending) {
      requests += spending.requests
      pictures += spending.pictures
      usd += spending.usd
    },
    spent: () => ({ requests, pictures, usd: Math.round(usd * 1e6) / 1e6 }),
    spend(morePictures, moreUsd) {
      if (!holds(morePictures, moreUsd)) throw budgetUsedUp(limit, pictures)
      requests += 1
      pictures += morePictures
      usd += moreUsd ?? 0
      let counted = true
      return () => {
        if (!counted) return
        counted = false
        pictures -= morePictures
        usd -= moreUsd ?? 0
      }
    },
  }
}

/** What an attempt throws that would pass the limit. */
export function budgetUsedUp(limit: BudgetLimit, pictures: number): ImagegenError {
  return new ImagegenError('budget', {
    message: `The budget of ${describeLimit(limit)} is used up: ${pictures} images were asked for, retries included.`,
    hint: 'Run `imagegen generate --budget N`, or raise the option `budget`.',
  })
}

/** `20 images`, `20 images or 1 USD`. */
export function describeLimit({ images, usd }: BudgetLimit): string {
  const parts = [
    ...(Number.isFinite(images) ? [`${images} ${images === 1 ? 'image' : 'images'}`] : []),
    ...(usd === undefined ? [] : [`${usd} USD`]),
  ]
  return parts.length === 0 ? 'no limit' : parts.join(' or ')
}
