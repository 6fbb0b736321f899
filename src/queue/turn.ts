import { Postponed } from '../generate/retry.ts'
import { wait } from '../shared/abort.ts'
import type { RateWindow } from '../store/locks/rate-window.ts'
import type { AccountWindow } from './account-window.ts'

/** Milliseconds: who waits for longer gives its job back, so that a more urgent one can be taken meanwhile. */
const LONGEST_WAIT = 1000

/** The account's window for one job: it waits for its turn, or gives the job back. */
export function waitForTurn(window: AccountWindow): RateWindow {
  return {
    async take(signal) {
      for (;;) {
        const pause = await window.take()
        if (pause === 0) return
        if (pause > LONGEST_WAIT) throw new Postponed(pause)
        await wait(pause, signal)
      }
    },
    pause: async (until) => window.pause(until - Date.now()),
    pauseForWindow: () => window.pauseForWindow(),
  }
}
