import type { Job, Queue, QueueEvents } from 'bullmq'
import type { Logger } from '../../shared/logger.ts'
import { closed, type Connection } from '../connection.ts'
import { endingOf, type Ending } from '../ending.ts'
import { queueNameOf, type QueuedModel } from '../names.ts'
import { parsePayload, parseProgress, type JobProgress, type Payload } from '../payload.ts'
import type { QueueSettings } from '../settings.ts'
import { ATTEMPTS } from '../worker/try-once.ts'
import type { Waiters } from './waiters.ts'

/** Tells when a waiting run stops. */
export interface Wait {
  /** Aborted to leave jobs that no worker has started. */
  readonly signal: AbortSignal
  /** Aborted to leave every job. */
  readonly abandon: AbortSignal
  readonly onProgress: (progress: JobProgress) => void
}

/** The queue of one model, as a client sees it. */
export interface Channel {
  /**
   * Adds a job under its key. A job that the queue already has stays.
   *
   * @returns what the queue has under this key now; `undefined` where it cannot be read.
   */
  submit(payload: Payload, priority: number): Promise<Payload | undefined>
  /** Waits for the end of a job. */
  ended(id: string, wait: Wait): Promise<Ending>
  close(): Promise<void>
}

interface Pending {
  readonly wait: Wait
  readonly settle: (ending: Ending) => void
}

/** Events may be missed while the server is away, so all jobs are checked at this interval. In milliseconds. */
const LOOK = 5000

/** The interval while a run is leaving. */
const LOOK_WHILE_LEAVING = 250

/** How long finished jobs are kept, in seconds, for clients that wait for them and for `imagegen queue`. */
const KEEP = {
  removeOnComplete: { age: 60 * 60, count: 5000 },
  removeOnFail: { age: 7 * 24 * 60 * 60, count: 5000 },
}

export async function openChannel(
  { redis, bullmq, lost }: Connection,
  settings: QueueSettings,
  model: QueuedModel,
  waiters: Waiters,
  logger: Logger,
): Promise<Channel> {
  const name = queueNameOf(settings, model)
  const queue: Queue = new bullmq.Queue(name, { connection: redis })
  const events: QueueEvents = new bullmq.QueueEvents(name, { connection: redis })
  // The code that opens the connection reports its errors.
  queue.on('error', ignore)
  events.on('error', ignore)
  await events.waitUntilReady()

  const pending = new Map<string, Pending>()
  /** Jobs that were left without checking who else waits for them. */
  const deserted: string[] = []
  const look = async (id: string): Promise<void> => {
    const ending = await endingOf(queue, id)
    if (ending !== undefined) pending.get(id)?.settle(ending)
  }
  const hint = ({ jobId }: { readonly jobId: string }): void => {
    if (pending.has(jobId)) void look(jobId).catch(ignore)
  }
  events.on('completed', hint)
  events.on('failed', hint)
  events.on('progress', ({ jobId, data }) => {
    const progress = parseProgress(data)
    if (progress !== undefined) pending.get(jobId)?.wait.onProgress(progress)
  })

  /** @returns whether this run can stop waiting for the job. */
  const leave = async (id: string): Promise<boolean> =>
    !(await waiters.leave(id)) || (await isRemoved(queue, id))
  const lookAtAll = async (): Promise<void> => {
    for (const [id, waiting] of pending) {
      if (waiting.wait.signal.aborted && (await leave(id))) waiting.settle({ kind: 'left' })
      else await look(id)
    }
  }
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let wasWarned = false
  const lookAgain = (): void => {
    clearTimeout(timer)
    if (isClosed) return
    const isLeaving = [...pending.values()].some(({ wait }) => wait.signal.aborted)
    timer = setTimeout(
      () => void lookNow().finally(lookAgain),
      isLeaving ? LOOK_WHILE_LEAVING : LOOK,
    )
  }
  const lookNow = async (): Promise<void> => {
    await lookAtAll().catch(ignore)
    if (wasWarned || pending.size === 0) return
    wasWarned = (await warnOfNobody(queue, model, logger).catch(ignore)) ?? false
  }
  lookAgain()

  return {
    async submit(payload, priority) {
      const { key: id } = payload.order
      await waiters.join(id)
      const there: Job | undefined = await queue.getJob(id)
      const state = await there?.getState()
      if (state === 'completed' || state === 'failed') await isRemoved(queue, id)
      await queue.add(payload.order.id, payload, { jobId: id, priority, ...KEEP, ...TRIES })
      const added: Job | undefined = await queue.getJob(id)
      if (added === undefined) return payload
      if (added.priority > priority) await added.changePriority({ priority }).catch(ignore)
      const inQueue = parsePayload(added.data)
      return 'fault' in inQueue ? undefined : inQueue
    },

    async ended(id, wait) {
      const stop = AbortSignal.any([wait.abandon, lost])
      return new Promise((resolve) => {
        const settle = (ending: Ending): void => {
          if (!pending.delete(id)) return
          wait.signal.removeEventListener('abort', lookAgain)
          stop.removeEventListener('abort', desert)
          if (ending.kind !== 'left') void waiters.leave(id).catch(ignore)
          resolve(ending)
        }
        const desert = (): void => {
          deserted.push(id)
          settle({ kind: 'left' })
        }
        pending.set(id, { wait, settle })
        wait.signal.addEventListener('abort', lookAgain)
        stop.addEventListener('abort', desert)
        if (stop.aborted) desert()
        else if (wait.signal.aborted) lookAgain()
        // The job may have ended before this listener existed.
        else void look(id).catch(ignore)
      })
    },

    async close() {
      isClosed = true
      clearTimeout(timer)
      await closed(deserted.map(leave))
      await closed([events.close(), queue.close()])
    },
  }
}

const TRIES = { attempts: ATTEMPTS, backoff: { type: 'custom' } }

/** The server is away; the next check tries again. */
function ignore(): undefined {
  return undefined
}

/** @returns `false` where a worker has started it. */
async function isRemoved(queue: Queue, id: string): Promise<boolean> {
  try {
    return (await queue.remove(id)) === 1
  } catch {
    return false
  }
}

/** Waiting without a worker is most likely a mistake. */
async function warnOfNobody(
  queue: Queue,
  { provider, modelId }: QueuedModel,
  logger: Logger,
): Promise<boolean> {
  if ((await queue.getWorkersCount()) > 0) return false
  logger.warn(
    `No worker takes pictures of ${provider}/${modelId} from the queue; waiting for one. Start \`imagegen worker\` on a machine that has the API key.`,
  )
  return true
}
