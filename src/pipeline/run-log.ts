import type { GenerateEvent } from '../generate/event.ts'
import { createRunProgress } from '../generate/run-progress.ts'
import type { Job } from '../plan/plan.ts'
import type { Logger } from '../shared/logger.ts'
import { sentence } from '../shared/plain-text.ts'
import { followWaits } from './waits.ts'

/** The log of one run, for builds and dev servers. */
export interface RunLog {
  tell(event: GenerateEvent): void
  end(): void
}

/** Logs one line for each event that is relevant to the user, and what the run waits for. */
export function createRunLog(jobs: readonly Job[], logger: Logger): RunLog {
  const progress = createRunProgress(jobs)
  const stopWaits = followWaits(progress, (line) => logger.info(line))
  return {
    tell(event) {
      progress.note(event)
      switch (event.kind) {
        case 'finished':
          logger.info(`${event.job.entry.name}: in the store.`)
          break
        case 'retried':
          logger.info(`${event.job.entry.name}: trying again (${sentence(event.error.message)})`)
          break
        case 'waiting':
          logger.info(`${event.job.entry.name}: another process asks for it; waiting.`)
          break
        case 'warning':
          logger.warn(sentence(event.message))
          break
        case 'rate-limited':
        case 'requested':
        case 'arrived':
          // What takes long is told by the clock.
          break
        case 'failed':
          // Failures are reported together at the end.
          break
        default:
          event satisfies never
      }
    },
    end: stopWaits,
  }
}
