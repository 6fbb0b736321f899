import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import PQueue from 'p-queue'
import { failureOf, notTried, type Failure } from '../../generate/failure.ts'
import type { GenerateOptions } from '../../generate/generate.ts'
import { makeInOrder, type GenerateReport, type Outcome } from '../../generate/in-order.ts'
import { ImagegenError } from '../../shared/errors.ts'
import type { Logger } from '../../shared/logger.ts'
import { openChannel, type Channel } from './channel.ts'
import { openConnection } from '../connection.ts'
import type { QueuedModel } from '../names.ts'
import { openRun, spentBy } from '../run-purse.ts'
import type { QueueSettings } from '../settings.ts'
import { submitUntilDone, type Job, type Run } from './submit.ts'
import { openWaiters } from './waiters.ts'

export interface QueuedRunOptions extends GenerateOptions {
  readonly settings: QueueSettings
  readonly logger: Logger
}

/** Jobs of one run that are in the queue at once: enough for any number of workers, and no burden for the server. */
const OUTSTANDING = 1000

/** BullMQ's lowest priority. */
const LOWEST = 2 ** 21 - 1

/**
 * Has what is missing made by workers, who take it from a queue: each key once among all clients, in dependency order,
 * within the account's rate and the budget of this run. For the caller it is as if this process had asked.
 *
 * A job is put into the queue once what it needs is there, so nothing can overtake. A client that is killed leaves jobs
 * that are made all the same; what depends on them is put there by the next run.
 *
 * @throws ImagegenError with code `config` or `unavailable` where there is no queue to be had, or none any more.
 */
export async function generateThroughQueue(
  jobs: readonly Job[],
  options: QueuedRunOptions,
): Promise<GenerateReport> {
  const { settings, logger, budget, onEvent } = options
  const connection = await openConnection(settings, logger, settings.patience, options.abandon)
  const { redis } = connection
  const id = randomUUID()
  const before = budget.spent()
  const waiters = await openWaiters(redis, settings, id)
  const run = await openRun(redis, settings, id, budget)
  const channels = new Map<string, Promise<Channel>>()
  const channelOf = async ({ provider, modelId }: QueuedModel): Promise<Channel> => {
    const name = JSON.stringify([provider, modelId])
    const channel =
      channels.get(name) ??
      openChannel(connection, settings, { provider, modelId }, waiters, logger)
    channels.set(name, channel)
    return channel
  }
  try {
    const make = makerOf({ ...options, connection, run, channelOf, priority: priorityOf(jobs) })
    const report = await makeInOrder(jobs, make, onEvent)
    if (connection.lost.aborted) {
      // Who gave up knows it; what was spent, only the server does.
      if (options.abandon.aborted) return report
      throw serverLost(settings)
    }
    const spent = await spentBy(redis, settings, id)
    budget.charge({
      requests: spent.requests,
      pictures: spent.pictures - before.pictures,
      usd: spent.usd - before.usd,
    })
    return report
  } finally {
    waiters.close()
    await Promise.allSettled([...channels.values()].map(async (channel) => (await channel).close()))
    connection.close()
  }
}

/** The fewer pictures a run is about, the earlier they come: somebody is waiting for that one image. */
function priorityOf(jobs: readonly Job[]): number {
  return Math.min(
    LOWEST,
    jobs.reduce((sum, { missing }) => sum + missing, 0),
  )
}

function makerOf(run: Run): (job: Job) => Promise<Outcome> {
  const { signal, abandon, onEvent } = run
  setMaxListeners(0, signal, abandon)
  const outstanding = new PQueue({ concurrency: OUTSTANDING })
  const halts = new Map<string, AbortController>()
  const haltOf = ({ made: { model } }: Job): AbortController => {
    const halt = halts.get(model.account) ?? new AbortController()
    halts.set(model.account, halt)
    return halt
  }
  const fail = (job: Job, failure: Failure): Outcome => {
    if (failure.stopsRun) haltOf(job).abort()
    onEvent({ kind: 'failed', job, failure })
    return { kind: 'failed', failure }
  }

  const make = async (job: Job): Promise<Outcome> => {
    const halt = haltOf(job)
    const own = run.signalOf?.(job)
    const stop = AbortSignal.any([signal, halt.signal, ...(own === undefined ? [] : [own])])
    setMaxListeners(0, stop)
    try {
      const outcome = stop.aborted ? 'left' : await submitUntilDone(job, run, stop)
      if (outcome === 'done') {
        onEvent({ kind: 'finished', job, pictures: job.missing })
        return { kind: 'finished' }
      }
      if (outcome !== 'left') return fail(job, outcome)
      return halt.signal.aborted && !signal.aborted && own?.aborted !== true
        ? fail(job, notTried(job, 'stopped'))
        : { kind: 'interrupted' }
    } catch (error) {
      return run.connection.lost.aborted
        ? { kind: 'interrupted' }
        : fail(job, failureOf(job, error))
    }
  }
  return (job) => outstanding.add(() => make(job))
}

function serverLost({ patience }: QueueSettings): ImagegenError {
  return new ImagegenError('unavailable', {
    message: `The queue's server has not answered for ${Math.round(patience / 1000)} s.`,
    hint: 'What workers have made is in their store. Run it again once the server is back: it goes on from there.',
  })
}
