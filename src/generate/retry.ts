import pRetry from 'p-retry'
import { ModelError } from '../model/image-model.ts'
import { throwIfAborted, wait } from '../shared/abort.ts'
import { toModelError } from './provider-error.ts'

/** A request to a provider, to be tried until it is answered. */
export interface Request<Result> {
  /** One attempt. Its turn in the rate limit and the budget are its own business. */
  readonly attempt: () => Promise<Result>
  /** Told before each pause. */
  readonly onRetry: (error: ModelError) => void
  /** Slows everyone who shares the account. */
  readonly onRateLimit: (error: ModelError) => Promise<void>
}

export interface RetryOptions<Result> extends Request<Result> {
  readonly signal: AbortSignal
  /** Milliseconds before the second attempt; doubled for each further one. Default 1000. */
  readonly pause?: number
}

/** Not now: the caller retries later or elsewhere. Nothing has failed for good. */
export class Postponed extends Error {
  override readonly name = 'Postponed'
  /** Milliseconds until it makes sense to come back. */
  readonly pause: number

  /** @param cause what failed; nothing: it was not tried. */
  constructor(pause: number, cause?: ModelError) {
    super(`Postponed for ${pause} ms`, { cause })
    this.pause = pause
  }
}

/** Attempts for what a pause may mend: with the default pause they span about half a minute. */
export const MAX_RETRIES = 5

/** Rate-limit windows to wait for. After more of them, another client is using up the account. */
export const MAX_RATE_LIMITS = 10

/** Milliseconds before the first retry; doubled for each further one. */
export const FIRST_PAUSE = 1000

/** Milliseconds: the longest that a pause grows by itself. */
export const LONGEST_PAUSE = 30_000

/** Milliseconds: who asks for a longer pause is not there today. */
export const MAX_RETRY_AFTER = 120_000

/**
 * Tries until it works, until it cannot, or until it has been tried enough. A refusal by the rate limit slows everyone
 * down and does not count as an attempt.
 *
 * @throws ModelError, or ImagegenError for budget and interruption.
 */
export async function retry<Result>(options: RetryOptions<Result>): Promise<Result> {
  let rateLimits = 0
  let arrived: { readonly result: Result } | undefined
  const attempts = pRetry(
    async () => {
      throwIfAborted(options.signal)
      for (;;) {
        try {
          arrived = { result: await options.attempt() }
          return
        } catch (thrown) {
          const error = toModelError(thrown)
          if (!(error instanceof ModelError) || error.retry !== 'rate-limit') throw error
          rateLimits += 1
          if (rateLimits > MAX_RATE_LIMITS) throw error
          options.onRetry(error)
          await options.onRateLimit(error)
          throwIfAborted(options.signal)
        }
      }
    },
    {
      retries: MAX_RETRIES,
      minTimeout: options.pause ?? FIRST_PAUSE,
      maxTimeout: LONGEST_PAUSE,
      randomize: true,
      signal: options.signal,
      shouldRetry: ({ error }) => error instanceof ModelError && error.retry === 'backoff',
      onFailedAttempt: async ({ error, retriesLeft }) => {
        if (!(error instanceof ModelError) || error.retry !== 'backoff' || retriesLeft === 0) return
        options.onRetry(error)
        if (error.retryAfter !== undefined) {
          await wait(Math.min(error.retryAfter, MAX_RETRY_AFTER), options.signal)
        }
      },
    },
  )
  try {
    await attempts
  } catch (error) {
    // p-retry drops a result that comes after the signal: it is paid for all the same.
    if (arrived === undefined) {
      throwIfAborted(options.signal)
      throw isUnreachable(error) ? asStop(error) : error
    }
  }
  if (arrived === undefined)
    throw new Error('Retrying ended without a result and without an error.')
  return arrived.result
}

/** No connection to the provider came about, as often as it was tried. */
function isUnreachable(error: unknown): error is ModelError {
  return error instanceof ModelError && error.code === 'network' && !error.maybeBilled
}

/** Every other request would wait as long for the same. */
function asStop(error: ModelError): ModelError {
  return new ModelError(error.message, {
    ...error,
    stopsRun: true,
    cause: error.cause,
  })
}
