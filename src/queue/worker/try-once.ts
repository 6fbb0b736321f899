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

/** Tries of one job that BullMQ counts: as many as a run without a queue makes. */
export const ATTEMPTS: number = MAX_RETRIES + 1

/** @param attempts failed tries, without the one that is under way. */
export function hasTriesLeft(attempts: number): boolean {
  return attempts + 1 < ATTEMPTS
}

/** What has been tried before, here or by other workers. */
export interface Tried {
  /** Failed tries. */
  readonly attempts: number
  /** Windows of the rate limit that have been sat out. */
  readonly rateLimits: number
}

/**
 * Tries a request once: the queue brings it back, to whichever worker is free then.
 *
 * @throws Postponed where another try may succeed, with the failure as its cause where it counts as a try.
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

/** Milliseconds before the next try, after so many that failed. */
export function backoff(attempts: number, error?: Error): number {
  const { retryAfter } = error instanceof ModelError ? error : {}
  if (retryAfter !== undefined) return Math.min(retryAfter, MAX_RETRY_AFTER)
  const pause = FIRST_PAUSE * 2 ** (attempts - 1) * (1 + Math.random())
  return Math.min(Math.round(pause), LONGEST_PAUSE)
}
