import { Postponed } from '../generate/retry.ts'
import { wait } from '../shared/abort.ts'
import type { RateWindow } from '../store/locks/rate-window.ts'
import type { AccountWindow } from './account-window.ts'

/** Milliseconds. A worker that would wait longer returns its job, so that a more urgent one can run meanwhile. */
const LONGEST_WAIT = 1000

/** One job's view of the account's window: it waits for a place, or returns the job to the queue. */
export function waitForTurn(window: AccountWindow): RateWindow {
  return {
    async take(signal, onWait) {
      for (;;) {
        const pause = await window.take()
        if (pause === 0) return
        onWait?.(Date.now() + pause)
        if (pause > LONGEST_WAIT) throw new Postponed(pause)
        await wait(pause, signal)
      }
    },
    pause: async (until) => window.pause(until - Date.now()),
    pauseForWindow: () => window.pauseForWindow(),
  }
}
