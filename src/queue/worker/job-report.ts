import type { Job } from 'bullmq'
import type { OrderEvent } from '../../generate/event.ts'
import type { ModelError } from '../../model/image-model.ts'
import type { ImagegenError } from '../../shared/errors.ts'
import type { Logger } from '../../shared/logger.ts'
import { plainText, sentence } from '../../shared/plain-text.ts'
import type { FailedJob, JobProgress } from '../payload.ts'

/** What a worker says of a job: here in its log, and to whoever waits for the job. */
export interface JobReport {
  /** What the user should know in the end, so far. */
  readonly warnings: readonly string[]
  tell(event: OrderEvent): void
  tellRetry(error: ImagegenError | ModelError): void
  tellMade(): void
  /** For good. Comes back once the failure lies where clients read it. */
  tellFailed(failure: FailedJob['failure']): Promise<void>
}

export function reportOn(job: Job, logger: Logger): JobReport {
  const warnings: string[] = []
  // Whoever may write to the server may have put it there.
  const name = plainText(job.name)

  function leave(progress: JobProgress): void {
    // Who waits is told; where it cannot be, nothing is lost.
    void job.updateProgress({ ...progress }).catch(() => undefined)
  }

  function tellRetry({ code, message }: ImagegenError | ModelError): void {
    logger.info(`retry   ${name}: ${sentence(message)}`)
    leave({ kind: 'retried', code, message })
  }

  return {
    warnings,
    tellRetry,

    tell(event) {
      switch (event.kind) {
        case 'warning':
          warnings.push(event.message)
          logger.warn(sentence(event.message))
          break
        case 'retried':
          tellRetry(event.error)
          break
        case 'waiting':
          leave({ kind: 'waiting' })
          break
        case 'requested':
          break
        default:
          event satisfies never
      }
    },

    tellMade: () => logger.info(`made    ${name}`),

    async tellFailed(failure) {
      logger.error(`failed  ${name} (${failure.code}): ${sentence(failure.message)}`)
      await job.updateProgress({ kind: 'failed', failure, warnings })
    },
  }
}
