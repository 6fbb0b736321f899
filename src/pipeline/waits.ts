import type { RunProgress, RunState } from '../generate/run-progress.ts'
import { count, inOneLine } from '../shared/plain-text.ts'

/** Milliseconds between two looks at a run. */
const LOOK = 1000

/** Milliseconds after which a line about the rate limit is repeated. */
const REPEATED = 60_000

/** Milliseconds after which an answer counts as slow. The line is repeated after twice that time, and so on. */
export const SLOW = 15_000

/** Says what a run waits for, in a log that cannot be redrawn: once when it begins, and seldom after that. */
export interface Waits {
  look(): void
}

/** @param now milliseconds since 1970. */
export function createWaits(
  progress: RunProgress,
  say: (line: string) => void,
  now: () => number = Date.now,
): Waits {
  let saidLimit = -Infinity
  /** How long the slowest request must have been under way before it is told again. */
  let patience = SLOW
  return {
    look() {
      const time = now()
      const state = progress.read()
      const { rateLimit, slowest, remaining } = state
      if (rateLimit === null) saidLimit = Math.min(saidLimit, time - REPEATED)
      else if (time - saidLimit >= REPEATED && rateLimit.until > time) {
        saidLimit = time
        const left = remaining === null ? '' : `, ${remainingText(remaining)}`
        say(
          `${rateLimitText(rateLimit, time)}; ${state.ended} of ${count(state.jobs, 'image')} done${left}`,
        )
      }
      const asked = slowest === null ? 0 : time - slowest.since
      if (asked < SLOW) patience = SLOW
      if (slowest === null || asked < patience) return
      while (patience <= asked) patience *= 2
      say(slowText(slowest, time))
    },
  }
}

/** Looks every second until it is stopped. */
export function followWaits(progress: RunProgress, say: (line: string) => void): () => void {
  const waits = createWaits(progress, say)
  const timer = setInterval(() => waits.look(), LOOK)
  timer.unref()
  return () => clearInterval(timer)
}

/** `waiting for the rate limit (10 a minute), next request in 41 s` */
export function rateLimitText(
  { requestsPerMinute, until }: NonNullable<RunState['rateLimit']>,
  time: number,
): string {
  const what =
    requestsPerMinute === null
      ? 'waiting because the provider asked for a pause'
      : `waiting for the rate limit (${requestsPerMinute} a minute)`
  return `${what}, next request in ${duration(until - time)}`
}

/** `waiting for an answer from acme for 45 s (art.image.yaml#kira)` */
export function slowText({ job, since }: NonNullable<RunState['slowest']>, time: number): string {
  return `waiting for an answer from ${job.made.model.provider} for ${duration(time - since)} (${inOneLine(job.entry.id)})`
}

/** `about 2 min left` */
export function remainingText(milliseconds: number): string {
  return `about ${duration(milliseconds)} left`
}

/** `45 s`, `12 min`, `1 h 5 min` */
function duration(milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000))
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return minutes % 60 === 0
    ? `${minutes / 60} h`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
