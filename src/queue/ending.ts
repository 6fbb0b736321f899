import type { Job, Queue } from 'bullmq'
import { parseProgress, parseResult, type FailedJob, type JobResult } from './payload.ts'

/** What became of a job that a client waits for. */
export type Ending =
  | { readonly kind: 'completed'; readonly result: JobResult | undefined }
  | FailedJob
  /** The queue does not know it: somebody removed it, or the server lost it. */
  | { readonly kind: 'gone' }
  /** This client waits no more. Where nobody else did and no worker had begun it, it is out of the queue. */
  | { readonly kind: 'left' }

/** What became of a job, or nothing where it has not ended. */
export async function endingOf(queue: Queue, id: string): Promise<Ending | undefined> {
  const job: Job | undefined = await queue.getJob(id)
  if (job === undefined) return { kind: 'gone' }
  const state = await job.getState()
  if (state === 'completed') {
    // What was read before the state may be from before the end.
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
  // No worker said why: BullMQ gave it up.
  const failure = {
    code: 'queue',
    message: `${job.name}: ${job.failedReason ?? 'no worker could make it'}`,
    hint: 'Look at the workers: each of those that tried was ended before it was done.',
    stopsRun: false,
    isRetryable: true,
  }
  return { kind: 'failed', failure, warnings: [] }
}
