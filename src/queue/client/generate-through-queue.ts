import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import PQueue from 'p-queue'
import { failureOf, notTried, type Failure } from '../../generate/failure.ts'
import type { GenerateOptions } from '../../generate/generate.ts'
import { makeInOrder, type GenerateReport, type Outcome } from '../../generate/in-order.ts'
import { createSaidWarnings } from '../../generate/said-warnings.ts'
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

/** Jobs of one run that are in the queue at once: enough for any number of workers without loading the server. */
const OUTSTANDING = 1000

/** BullMQ's lowest priority. */
const LOWEST = 2 ** 21 - 1

/**
 * Generates missing images through workers that take jobs from a queue: each key once among all clients, in dependency
 * order, within the account's rate limit and the budget of this run. The caller sees the same events as if this process
 * had asked the provider.
 *
 * A job enters the queue once everything it refers to exists, so no job can overtake its dependency. If the client is
 * killed, workers still process its jobs, and the next run adds the jobs that depend on them.
 *
 * @throws ImagegenError with code `config` or `unavailable` where there is no queue or it disappears.
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
  const said = createSaidWarnings()
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
    const onSaid: Run['onSaid'] = (job, text) => said.add(job, text)
    const priority = priorityOf(jobs)
    const make = makerOf({ ...options, connection, run, channelOf, priority, onSaid })
    const report = await makeInOrder(jobs, make, onEvent)
    if (connection.lost.aborted) {
      // The final totals are only on the server. An aborted run does not wait for them.
      if (options.abandon.aborted) return report
      throw serverLost(settings)
    }
    const spent = await spentBy(redis, settings, id)
    budget.charge({
      requests: spent.requests,
      pictures: spent.pictures - before.pictures,
      usd: spent.usd === null ? null : spent.usd - (before.usd ?? 0),
    })
    return report
  } finally {
    for (const message of said.messages()) onEvent({ kind: 'warning', message })
    waiters.close()
    await Promise.allSettled([...channels.values()].map(async (channel) => (await channel).close()))
    connection.close()
  }
}

/** A run with few images gets a higher priority: a user is probably waiting for them. */
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
    hint: 'Finished images are in the store of the workers. Run it again once the server is back; it continues from there.',
  })
}
