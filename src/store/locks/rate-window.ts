import path from 'node:path'
import PQueue from 'p-queue'
import * as v from 'valibot'
import { throwIfAborted, wait } from '../../shared/abort.ts'
import { sha256 } from '../../shared/hash.ts'
import { prettierJson } from '../../shared/prettier-json.ts'
import { writeWhole } from './claim.ts'
import { acquireLock } from './lock.ts'
import { thisProcess, type ProcessIdentity } from './process-identity.ts'
import { readText } from '../read-text.ts'
import { storageError } from '../storage-error.ts'

/** Providers count by the minute, in milliseconds. */
const MINUTE = 60_000

/** Between sending and being counted requests take unequal time; in milliseconds. */
const MARGIN = 500

/** The lock is held for a millisecond or two: looking often costs less than waiting long. In milliseconds. */
const LOCK_PAUSE = 10

/** What no window exceeds, in bytes. */
const LONGEST = 32 * 1024 * 1024

export interface RateWindowOptions {
  readonly folder: string
  /** Called before each look at the folder: throws where it must not be used. */
  readonly check?: () => void
  /** Who is counted together, such as provider, host and a digest of the key. It leaves only its hash on the disk. */
  readonly account: string
  readonly requestsPerMinute: number
  /** Milliseconds that the provider counts over. Default 60,000. */
  readonly windowMs?: number
  /** Milliseconds added to the window. Default 500, or a twentieth of a shorter window. */
  readonly marginMs?: number
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
  readonly self?: ProcessIdentity
}

/** The requests that an account may send, shared by all processes that have the folder in common. */
export interface RateWindow {
  /**
   * Waits for a place, first come, first served, and takes it: the request has to follow at once.
   *
   * @throws ImagegenError `aborted`, or `unavailable` where the folder cannot be written.
   */
  take(signal: AbortSignal): Promise<void>
  /**
   * Stops everyone until a moment, as a Retry-After asks for; never for longer than a window.
   *
   * @param until milliseconds since 1970.
   */
  pause(until: number): Promise<void>
  /** Stops everyone for the rest of the present window: what a provider's refusal asks for. */
  pauseForWindow(): Promise<void>
}

const stateSchema = v.object({
  /** When requests were sent, oldest first: milliseconds since 1970. */
  sent: v.array(v.pipe(v.number(), v.finite())),
  /** Nobody sends before that: milliseconds since 1970. */
  pausedUntil: v.pipe(v.number(), v.finite()),
})
type State = v.InferOutput<typeof stateSchema>

/**
 * A sliding window: in no stretch of its length there are more requests than allowed, wherever the provider begins to
 * count.
 */
export function createRateWindow(options: RateWindowOptions): RateWindow {
  const { folder, requestsPerMinute, windowMs = MINUTE, now = Date.now } = options
  const { marginMs = Math.min(MARGIN, windowMs / 20) } = options
  const span = windowMs + marginMs
  const places = Math.max(1, Math.floor(requestsPerMinute))
  const name = `rate-${sha256(options.account).slice(0, 16)}`
  const file = path.join(folder, `${name}.json`)
  // One at a time here, so that a process's own callers do not contend for the file, and keep their order.
  const queue = new PQueue({ concurrency: 1 })
  // Places that are taken for those who are next in line: answers come in bunches, and one look at the file serves all.
  let ahead = 0

  /** Reads, changes and writes the state while nobody else does. */
  async function update<Result>(
    signal: AbortSignal,
    change: (state: State, time: number) => Result,
  ): Promise<Result> {
    const { self = thisProcess(), check = () => {} } = options
    const lock = await acquireLock({ folder, name, signal, pause: LOCK_PAUSE, self, check })
    try {
      const time = now()
      const state = current(readState(file), time, span)
      const result = change(state, time)
      writeWhole(file, prettierJson(state))
      return result
    } catch (error) {
      throw storageError(error, 'Cannot note that a request is sent')
    } finally {
      lock.release()
    }
  }

  /** @returns how many of the wanted places were taken, and how long to wait for one more, in milliseconds. */
  function takePlaces(
    state: State,
    time: number,
    wanted: number,
  ): { readonly taken: number; readonly pauseMs: number } {
    for (let taken = 0; taken < wanted; taken++) {
      const oldest = state.sent.at(-places)
      const free = Math.max(state.pausedUntil, oldest === undefined ? time : oldest + span)
      if (free > time) return { taken, pauseMs: free - time }
      state.sent.push(time)
    }
    return { taken: wanted, pauseMs: 0 }
  }

  async function takeInTurn(signal: AbortSignal): Promise<void> {
    if (ahead > 0) {
      // Also of one who has given up: a place that is not used at once must not be used later.
      ahead -= 1
      throwIfAborted(signal)
      return
    }
    for (;;) {
      const { taken, pauseMs } = await update(signal, (state, time) =>
        takePlaces(state, time, 1 + queue.size),
      )
      if (taken > 0) {
        ahead = taken - 1
        return
      }
      await wait(pauseMs, signal)
    }
  }

  async function pause(untilWhen: (state: State, time: number) => number): Promise<void> {
    await update(new AbortController().signal, (state, time) => {
      const until = Math.min(untilWhen(state, time), time + span)
      state.pausedUntil = Math.max(state.pausedUntil, until)
    })
  }

  return {
    // Not handed to the queue: it would add a listener for each who waits, and the first in line hears the same signal.
    take: (signal) => queue.add(() => takeInTurn(signal)),
    pause: (until) => pause(() => until),
    pauseForWindow: () => pause(({ sent }, time) => (sent[0] ?? time) + span),
  }
}

/**
 * The state as it counts now. A clock that was set back leaves times in the future: those are moved to the present, and
 * stay there, so that they end within a window and never block for ever.
 */
function current(state: State, time: number, span: number): State {
  return {
    sent: state.sent.map((sent) => Math.min(sent, time)).filter((sent) => time - sent < span),
    pausedUntil: Math.min(state.pausedUntil, time + span),
  }
}

/** A file that is not there or damaged is an empty window: the worst that follows is a request that is refused. */
function readState(file: string): State {
  try {
    return v.parse(stateSchema, JSON.parse(readText(file, LONGEST)))
  } catch {
    return { sent: [], pausedUntil: 0 }
  }
}
