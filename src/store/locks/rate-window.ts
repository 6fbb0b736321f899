import path from 'node:path'
import PQueue from 'p-queue'
import * as v from 'valibot'
import { throwIfAborted, wait } from '../../shared/abort.ts'
import { debug } from '../../shared/debug.ts'
import { sha256 } from '../../shared/hash.ts'
import { prettierJson } from '../../shared/prettier-json.ts'
import { writeWhole } from './claim.ts'
import { acquireLock } from './lock.ts'
import { thisProcess, type ProcessIdentity } from './process-identity.ts'
import { readText } from '../read-text.ts'
import { storageError } from '../storage-error.ts'

/** Providers count by the minute, in milliseconds. */
const MINUTE = 60_000

/** The time between sending and being counted differs from request to request; in milliseconds. */
const MARGIN = 500

/** The lock is held for only a millisecond or two, so short pauses cost less than long waits. In milliseconds. */
const LOCK_PAUSE = 10

/**
 * The requests per minute where no rate is known. Such a window limits nothing by itself, but a provider's refusal still
 * pauses it.
 */
export const UNKNOWN_RATE = 1_000_000

/** The largest window file, in bytes. */
const LONGEST = 32 * 1024 * 1024

export interface RateWindowOptions {
  readonly folder: string
  /** Called before each look at the folder. Throws where the folder must not be used. */
  readonly check?: () => void
  /**
   * Identifies what is counted together, such as provider, host and a digest of the key. Only its hash is written to
   * the disk.
   */
  readonly account: string
  /** `undefined`: unknown. */
  readonly requestsPerMinute?: number | undefined
  /** The length of the provider's window in milliseconds. Default 60,000. */
  readonly windowMs?: number
  /** Milliseconds added to the window. Default 500, or a twentieth of a shorter window. */
  readonly marginMs?: number
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
  readonly self?: ProcessIdentity
}

/** Limits the requests of an account, for all processes that share the folder. */
export interface RateWindow {
  /**
   * Waits for a place, first come, first served, and takes it. The caller must send its request at once.
   *
   * @param onWait told when the place will be free, in milliseconds since 1970, and again where that changes; never
   * called where a place is free at once.
   * @throws ImagegenError `aborted`, or `unavailable` where the folder cannot be written.
   */
  take(signal: AbortSignal, onWait?: (until: number) => void): Promise<void>
  /**
   * Stops every process until a moment, as Retry-After asks for, but never for longer than a window.
   *
   * @param until milliseconds since 1970.
   */
  pause(until: number): Promise<void>
  /** Stops every process for the rest of the current window, after the provider refused a request. */
  pauseForWindow(): Promise<void>
}

const stateSchema = v.object({
  /** When requests were sent, oldest first: milliseconds since 1970. */
  sent: v.array(v.pipe(v.number(), v.finite())),
  /** No request is sent before this time: milliseconds since 1970. */
  pausedUntil: v.pipe(v.number(), v.finite()),
})
type State = v.InferOutput<typeof stateSchema>

/** A caller in line. */
interface Waiting {
  readonly onWait: (until: number) => void
  told: number | undefined
}

/**
 * A sliding window: no period of its length contains more requests than allowed, wherever the provider starts to count.
 */
export function createRateWindow(options: RateWindowOptions): RateWindow {
  const { folder, requestsPerMinute = UNKNOWN_RATE, windowMs = MINUTE, now = Date.now } = options
  const { marginMs = Math.min(MARGIN, windowMs / 20) } = options
  const span = windowMs + marginMs
  const places = Math.max(1, Math.floor(requestsPerMinute))
  const name = `rate-${sha256(options.account).slice(0, 16)}`
  const file = path.join(folder, `${name}.json`)
  // One at a time, so that the callers of one process do not contend for the file and keep their order.
  const queue = new PQueue({ concurrency: 1 })
  // Places taken in advance for the next in line: requests come in bursts, and one look at the file serves all.
  let ahead = 0
  /** Who waits for a place in this process, the next one first. */
  const line = new Set<Waiting>()
  /** What the last look at the file showed, while the first in line waits. */
  let full: State | undefined

  /** Tells everyone in line when their place will be free. */
  function tellLine(): void {
    if (full === undefined) return
    const times = [...full.sent]
    const time = now()
    for (const waiting of line) {
      const oldest = times.at(-places)
      const until = Math.max(full.pausedUntil, time, oldest === undefined ? time : oldest + span)
      times.push(until)
      if (until === time || until === waiting.told) continue
      waiting.told = until
      waiting.onWait(until)
    }
  }

  /** Reads, changes and writes the state under the lock. */
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
      throw storageError(error, 'Cannot record that a request is sent')
    } finally {
      lock.release()
    }
  }

  /** @returns how many of the wanted places were taken, and the milliseconds to wait for one more. */
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
      // An aborted caller uses up its place too: a place that is not used at once must not be used later.
      ahead -= 1
      throwIfAborted(signal)
      return
    }
    for (;;) {
      const { taken, pauseMs, seen } = await update(signal, (state, time) => ({
        ...takePlaces(state, time, 1 + queue.size),
        seen: state,
      }))
      full = seen
      if (taken > 0) {
        ahead = taken - 1
        return
      }
      tellLine()
      debug('wait', () => [
        `a request waits ${pauseMs} ms for its turn: ${places} requests a minute, ${queue.size} behind it`,
      ])
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
    // The queue does not get the signal: it would add a listener for each caller, and the first in line listens to the
    // same signal.
    async take(signal, onWait = () => undefined) {
      const waiting: Waiting = { onWait, told: undefined }
      line.add(waiting)
      // Who comes while others wait is told at once. The first in line looks at the file itself.
      if (line.size > 1 && ahead === 0) tellLine()
      try {
        await queue.add(() => takeInTurn(signal))
      } finally {
        line.delete(waiting)
        if (line.size === 0) full = undefined
      }
    },
    pause: (until) => pause(() => until),
    pauseForWindow: () => pause(({ sent }, time) => (sent[0] ?? time) + span),
  }
}

/**
 * The state at the current time. A clock that was set back leaves times in the future. They are moved to the present,
 * so that they end within a window and never block for ever.
 */
function current(state: State, time: number, span: number): State {
  return {
    sent: state.sent.map((sent) => Math.min(sent, time)).filter((sent) => time - sent < span),
    pausedUntil: Math.min(state.pausedUntil, time + span),
  }
}

/** A missing or damaged file is an empty window. In the worst case the provider refuses a request. */
function readState(file: string): State {
  try {
    return v.parse(stateSchema, JSON.parse(readText(file, LONGEST)))
  } catch {
    return { sent: [], pausedUntil: 0 }
  }
}
