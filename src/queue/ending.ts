import type { Job, Queue } from 'bullmq'
import { parseProgress, parseResult, type FailedJob, type JobResult } from './payload.ts'

/** How a job ended for a client that waits for it. */
export type Ending =
  | { readonly kind: 'completed'; readonly result: JobResult | undefined }
  | FailedJob
  /** The queue does not have the job: it was removed, or the server lost it. */
  | { readonly kind: 'gone' }
  /**
   * This client stopped waiting. If no other run waited and no worker had started the job, it was removed from the
   * queue.
   */
  | { readonly kind: 'left' }

/** How a job ended. `undefined` where it has not ended. */
export async function endingOf(queue: Queue, id: string): Promise<Ending | undefined> {
  const job: Job | undefined = await queue.getJob(id)
  if (job === undefined) return { kind: 'gone' }
  const state = await job.getState()
  if (state === 'completed') {
    // The job was read before its state, so its data may be older than its end. It is read again.
    const ended: Job | undefined = await queue.getJob(id)
    return { kind: 'completed', result: parseResult(ended?.returnvalue) }
  }
  if (state !== 'failed') return undefined
  const ended: Job | undefined = await queue.getJob(id)
  return failedEnding(ended ?? job)
}

function failedEnding(job: Job): FailedJob {
  const progress = parseProgress(job.progress)
  if (progress?.kind === 'failed') return progress
  // No worker reported a reason: BullMQ gave the job up.
  const failure = {
    code: 'queue',
    message: `${job.name}: ${job.failedReason ?? 'no worker could process it'}`,
    hint: 'Check the workers: each one that tried it stopped before it was done.',
    stopsRun: false,
    isRetryable: true,
  }
  return { kind: 'failed', failure, warnings: [], said: [] }
}
