import { ImagegenError, type Problem } from '../shared/errors.ts'

/** The most that may be asked for. */
export interface BudgetLimit {
  /** Images. */
  readonly images: number
  /** US dollars; nothing: no limit. */
  readonly usd: number | undefined
}

/** What a run, or a dev server's life, has spent. */
export interface Spending {
  /** Requests that were sent, failed ones too. */
  readonly requests: number
  /** Images asked for in attempts that may have been billed. */
  readonly pictures: number
  /** US dollars for them; `null` where the price of one of them is unknown. */
  readonly usd: number | null
}

/** An attempt that is counted. */
export interface CountedAttempt {
  /**
   * Takes the attempt back.
   *
   * @param why `unsent`: no request left this machine; `unbilled`: the provider refused it free of charge.
   */
  takeBack(why: 'unsent' | 'unbilled'): void | Promise<void>
  /** The attempt stays counted although it failed: the provider may have charged for it. */
  noteFailure(): void | Promise<void>
}

/** What requests are paid from. */
export interface Purse {
  /**
   * Counts an attempt, before it is sent.
   *
   * @param usd its price; `null`: unknown.
   * @throws ImagegenError with code `budget`.
   */
  spend(
    pictures: number,
    usd: number | null,
    model: BilledModel,
  ): CountedAttempt | Promise<CountedAttempt>
}

/** A model as messages about its price name it. */
export interface BilledModel {
  /** In the option `models`. */
  readonly name: string
  readonly provider: string
  readonly modelId: string
}

/** Counts what is asked for, and refuses what would exceed the limit before it is sent. */
export interface Budget extends Purse {
  readonly limit: BudgetLimit
  spent(): Spending
  /** Whether so much more fits. A limit in US dollars never holds an unknown price. */
  holds(pictures: number, usd: number | null): boolean
  spend(pictures: number, usd: number | null, model: BilledModel): CountedAttempt
  /** Counts what workers spent for this run. No limit applies: it is spent already. */
  charge(spending: Spending): void
}

/** The budget of new options. What was spent stays counted, unless the limit is another one: that is a new agreement. */
export function continueBudget(limit: BudgetLimit, earlier: Budget | undefined): Budget {
  const isAgreed = earlier?.limit.images === limit.images && earlier.limit.usd === limit.usd
  return isAgreed ? earlier : createBudget(limit)
}

export function createBudget(limit: BudgetLimit): Budget {
  let requests = 0
  let pictures = 0
  let usd = 0
  /** Pictures of them that have no known price. */
  let unpriced = 0
  /** Pictures of them whose attempts failed. */
  let failed = 0
  const holds = (morePictures: number, moreUsd: number | null): boolean =>
    pictures + morePictures <= limit.images &&
    // Sums of prices such as 0.0035 are not exact: half a hundredth of a cent does not exceed a limit.
    (limit.usd === undefined || (moreUsd !== null && usd + moreUsd <= limit.usd + 0.00005))
  const add = (sign: 1 | -1, morePictures: number, moreUsd: number | null): void => {
    pictures += sign * morePictures
    usd += sign * (moreUsd ?? 0)
    if (moreUsd === null) unpriced += sign * morePictures
  }
  return {
    limit,
    holds,
    charge(spending) {
      requests += spending.requests
      add(1, spending.pictures, spending.usd)
    },
    spent: () => ({
      requests,
      pictures,
      usd: unpriced > 0 ? null : Math.round(usd * 1e6) / 1e6,
    }),
    spend(morePictures, moreUsd, model) {
      if (limit.usd !== undefined && moreUsd === null) {
        throw new ImagegenError('budget', unknownPrice(limit, model))
      }
      if (!holds(morePictures, moreUsd)) throw budgetUsedUp(limit, { pictures, failed })
      requests += 1
      add(1, morePictures, moreUsd)
      let isOpen = true
      const close = (): boolean => {
        const wasOpen = isOpen
        isOpen = false
        return wasOpen
      }
      return {
        takeBack(why) {
          if (!close()) return
          add(-1, morePictures, moreUsd)
          if (why === 'unsent') requests -= 1
        },
        noteFailure() {
          if (close()) failed += morePictures
        },
      }
    },
  }
}

/**
 * The error of an attempt that would exceed the limit.
 *
 * @param counted pictures that were asked for, and those of them whose attempts failed.
 */
export function budgetUsedUp(
  limit: BudgetLimit,
  counted: { readonly pictures: number; readonly failed: number },
): ImagegenError {
  const { pictures, failed } = counted
  const used = `The budget of ${describeLimit(limit)} is used up: ${pictures} ${pictures === 1 ? 'image was' : 'images were'} asked for, retries included`
  if (failed === 0) {
    return new ImagegenError('budget', {
      message: `${used}.`,
      hint: 'Run `imagegen generate --budget N`, or raise the option `budget`.',
    })
  }
  return new ImagegenError('budget', {
    message: `${used}; ${failed} of them in attempts that failed and may have been charged.`,
    hint: 'Look at why they failed first. `imagegen generate` continues from here.',
  })
}

/** The problem of a model without a price under a limit in US dollars. */
export function unknownPrice(
  limit: BudgetLimit,
  { name, provider, modelId }: BilledModel,
): Problem {
  return {
    message: `The price of model \`${name}\` (${provider}/${modelId}) is unknown, so the budget of ${describeLimit(limit)} cannot be checked. No request was sent.`,
    hint: `Declare its price, in USD an image: \`imageModel(model, { price })\` in the option \`models\`; or set \`budget: { images }\` without \`usd\`.`,
  }
}

/** `20 images`, `20 images or 1 USD`. */
export function describeLimit({ images, usd }: BudgetLimit): string {
  const parts = [
    ...(Number.isFinite(images) ? [`${images} ${images === 1 ? 'image' : 'images'}`] : []),
    ...(usd === undefined ? [] : [`${usd} USD`]),
  ]
  return parts.length === 0 ? 'no limit' : parts.join(' or ')
}
