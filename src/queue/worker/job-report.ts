import type { Job } from 'bullmq'
import type { OrderEvent } from '../../generate/event.ts'
import type { ModelError } from '../../model/image-model.ts'
import type { ImagegenError } from '../../shared/errors.ts'
import type { Logger } from '../../shared/logger.ts'
import { plainText, sentence } from '../../shared/plain-text.ts'
import type { FailedJob, JobProgress } from '../payload.ts'

/** Reports a job's progress, in the worker's log and to the clients that wait for the job. */
export interface JobReport {
  /** The warnings for the user so far. */
  readonly warnings: readonly string[]
  /** What the model said of settings so far. */
  readonly said: readonly string[]
  tell(event: OrderEvent): void
  tellRetry(error: ImagegenError | ModelError): void
  tellMade(): void
  /** Reports a permanent failure. Resolves once clients can read it. */
  tellFailed(failure: FailedJob['failure']): Promise<void>
}

export function reportOn(job: Job, logger: Logger): JobReport {
  const warnings: string[] = []
  const said: string[] = []
  // Any program that can write to the server may have written the id.
  const name = plainText(job.name)

  function leave(progress: JobProgress): void {
    // Best effort: nothing is lost if a client is not told.
    void job.updateProgress({ ...progress }).catch(() => undefined)
  }

  function tellRetry({ code, message }: ImagegenError | ModelError): void {
    logger.info(`retry   ${name}: ${sentence(message)}`)
    leave({ kind: 'retried', code, message })
  }

  return {
    warnings,
    said,
    tellRetry,

    tell(event) {
      switch (event.kind) {
        case 'warning':
          if (event.said === undefined) warnings.push(event.message)
          else said.push(event.said)
          logger.warn(sentence(event.message))
          break
        case 'retried':
          tellRetry(event.error)
          break
        case 'waiting':
        case 'rate-limited':
        case 'requested':
        case 'arrived':
          leave(event)
          break
        default:
          event satisfies never
      }
    },

    tellMade: () => logger.info(`made    ${name}`),

    async tellFailed(failure) {
      logger.error(`failed  ${name} (${failure.code}): ${sentence(failure.message)}`)
      await job.updateProgress({ kind: 'failed', failure, warnings, said })
    },
  }
}
