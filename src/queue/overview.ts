import type { Job, Queue } from 'bullmq'
import type { Logger } from '../shared/logger.ts'
import { plainText } from '../shared/plain-text.ts'
import { openConnection } from './connection.ts'
import { queueNameOf, type QueuedModel } from './names.ts'
import { LONGEST_TEXT, parseProgress } from './payload.ts'
import type { QueueSettings } from './settings.ts'

/** The state of one model's queue. */
export interface QueueOverview {
  /** Provider and model: `openai/gpt-image-1`. */
  readonly model: string
  /** The workers that take its jobs. `null` where the server does not tell. */
  readonly workers: number | null
  readonly waiting: number
  /** Failed jobs that are retried after a pause. */
  readonly delayed: number
  readonly active: readonly ActiveJob[]
  /** Finished within the last hour. */
  readonly completed: number
  readonly failed: number
  /** The latest failures. */
  readonly failures: readonly FailedJob[]
}

export interface ActiveJob {
  readonly id: string
  readonly key: string
  /** When a worker started it: ISO 8601 in UTC. */
  readonly since: string | null
}

export interface FailedJob {
  readonly id: string
  readonly key: string
  /** The provider's code, or one of this project's. */
  readonly code: string
  readonly message: string
  /** ISO 8601 in UTC. */
  readonly time: string | null
}

/** The number of failures to list. */
const LISTED = 20

/**
 * Reads the state of several models' queues. Changes nothing.
 *
 * @throws ImagegenError with code `config` or `unavailable`.
 */
export async function overviewOf(
  settings: QueueSettings,
  models: Iterable<QueuedModel>,
  logger: Logger,
): Promise<QueueOverview[]> {
  const connection = await openConnection(settings, logger, 0, new AbortController().signal)
  const { redis, bullmq } = connection
  try {
    const names = new Map([...models].map((model) => [queueNameOf(settings, model), model]))
    const overviews: QueueOverview[] = []
    for (const [name, model] of names) {
      const queue: Queue = new bullmq.Queue(name, { connection: redis, skipMetasUpdate: true })
      queue.on('error', () => undefined)
      overviews.push(await overview(queue, model))
      await queue.close()
    }
    return overviews
  } finally {
    connection.close()
  }
}

async function overview(queue: Queue, { provider, modelId }: QueuedModel): Promise<QueueOverview> {
  const counts = await queue.getJobCounts()
  const { wait = 0, prioritized = 0, paused = 0, delayed = 0, completed = 0, failed = 0 } = counts
  const active: Job[] = await queue.getActive()
  const failures: Job[] = await queue.getFailed(0, LISTED - 1)
  return {
    model: `${provider}/${modelId}`,
    workers: await queue.getWorkersCount().catch(() => null),
    waiting: wait + prioritized + paused,
    delayed,
    active: active.map((job) => ({ ...identityOf(job), since: timeOf(job.processedOn) })),
    completed,
    failed,
    failures: failures.map((job) => ({
      ...identityOf(job),
      ...reasonOf(job),
      time: timeOf(job.finishedOn),
    })),
  }
}

function identityOf({ name, id }: Job): { id: string; key: string } {
  return { id: plainText(name), key: plainText(id ?? '') }
}

function reasonOf({ progress, failedReason }: Job): { code: string; message: string } {
  const left = parseProgress(progress)
  return left?.kind === 'failed'
    ? left.failure
    : { code: 'queue', message: plainText(failedReason ?? '', LONGEST_TEXT) }
}

function timeOf(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString()
}
