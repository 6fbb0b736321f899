import { toModelError } from '../../generate/provider-error.ts'
import {
  FIRST_PAUSE,
  LONGEST_PAUSE,
  MAX_RATE_LIMITS,
  MAX_RETRIES,
  MAX_RETRY_AFTER,
  Postponed,
  type Request,
} from '../../generate/retry.ts'
import { ModelError } from '../../model/image-model.ts'

/** The attempts of one job that BullMQ counts: as many as a run without a queue makes. */
export const ATTEMPTS: number = MAX_RETRIES + 1

/** @param attempts failed attempts, without the current one. */
export function hasTriesLeft(attempts: number): boolean {
  return attempts + 1 < ATTEMPTS
}

/** Earlier attempts, by this worker and others. */
export interface Tried {
  /** Failed attempts. */
  readonly attempts: number
  /** How many windows of the rate limit have been waited for. */
  readonly rateLimits: number
}

/**
 * Makes one attempt. The queue retries it on any free worker.
 *
 * @throws Postponed where another attempt may succeed. The failure is its cause where it counts as an attempt.
 */
export async function tryOnce<Result>(
  { attempt, onRetry, onRateLimit }: Request<Result>,
  tried: Tried,
): Promise<Result> {
  try {
    return await attempt()
  } catch (thrown) {
    if (thrown instanceof Postponed) throw thrown
    const error = toModelError(thrown)
    if (!(error instanceof ModelError)) throw error
    if (error.retry === 'rate-limit' && tried.rateLimits < MAX_RATE_LIMITS) {
      onRetry(error)
      await onRateLimit(error)
      throw new Postponed(FIRST_PAUSE)
    }
    if (error.retry === 'backoff' && hasTriesLeft(tried.attempts)) {
      onRetry(error)
      throw new Postponed(FIRST_PAUSE, error)
    }
    throw error
  }
}

/** Milliseconds before the next attempt, by the number of failed attempts. */
export function backoff(attempts: number, error?: Error): number {
  const { retryAfter } = error instanceof ModelError ? error : {}
  if (retryAfter !== undefined) return Math.min(retryAfter, MAX_RETRY_AFTER)
  const pause = FIRST_PAUSE * 2 ** (attempts - 1) * (1 + Math.random())
  return Math.min(Math.round(pause), LONGEST_PAUSE)
}
