import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import PQueue from 'p-queue'
import { eventOf } from '../generate/event.ts'
import { failureFromElsewhere, failureOf, notTried, type Failure } from '../generate/failure.ts'
import type { GenerateOptions } from '../generate/generate.ts'
import { makeInOrder, type GenerateReport, type Outcome } from '../generate/in-order.ts'
import { orderOf, withPickedPictures, type Order } from '../generate/order.ts'
import { readReferenceFile, referenceFiles } from '../generate/reference-files.ts'
import { clearReplaced } from '../generate/renewal.ts'
import { ModelError } from '../model/image-model.ts'
import { ImagegenError } from '../shared/errors.ts'
import { canonicalJson } from '../shared/hash.ts'
import type { Logger } from '../shared/logger.ts'
import { openChannel, type Channel, type Ending } from './channel.ts'
import { openConnection, type Connection } from './connection.ts'
import { handOver } from './input-files.ts'
import { payloadOf, type JobProgress, type Payload, type RunOfPayload } from './payload.ts'
import { openRun, spentBy } from './run-purse.ts'
import type { QueueSettings } from './settings.ts'
import { openWaiters } from './waiters.ts'

export interface QueuedRunOptions extends GenerateOptions {
  readonly settings: QueueSettings
  readonly logger: Logger
}

type Job = Parameters<typeof failureOf>[0]
type QueuedModel = Job['made']['model']

/** Jobs of one run that are in the queue at once: enough for any number of workers, and no burden for the server. */
const OUTSTANDING = 1000

/** BullMQ's lowest priority. */
const LOWEST = 2 ** 21 - 1

/** Times that a job is put into the queue, where what comes out of it was meant for somebody else. */
const MOST_SUBMISSIONS = 5

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

interface Run extends QueuedRunOptions {
  readonly connection: Connection
  readonly run: RunOfPayload
  readonly priority: number
  readonly channelOf: (model: QueuedModel) => Promise<Channel>
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
    const stop = AbortSignal.any([signal, halt.signal])
    setMaxListeners(0, stop)
    try {
      const outcome = stop.aborted ? 'left' : await submitUntilDone(job, run, stop)
      if (outcome === 'done') {
        onEvent({ kind: 'finished', job, pictures: job.missing })
        return { kind: 'finished' }
      }
      if (outcome !== 'left') return fail(job, outcome)
      return halt.signal.aborted && !signal.aborted
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

/** Waits for a job that is this run's, or does for it as well. */
async function submitUntilDone(
  job: Job,
  run: Run,
  stop: AbortSignal,
): Promise<'done' | 'left' | Failure> {
  const { store, entries, settings, connection, onEvent } = run
  const order = await withPickedPictures(await orderOf(job, store), store)
  const channel = await run.channelOf(job.made.model)
  await handOver(connection.redis, settings, referenceFiles(job), readReferenceFile(job, entries))
  for (let submission = 1; submission <= MOST_SUBMISSIONS; submission++) {
    const inQueue = await channel.submit(payloadOf(order, run.run), run.priority)
    const isMine = inQueue?.run.id === run.run.id
    if (!isMine) onEvent({ kind: 'waiting', job })
    const ending = await channel.ended(order.key, {
      signal: stop,
      abandon: run.abandon,
      onProgress: (progress) => tell(job, progress, run),
    })
    if (ending.kind === 'left') return 'left'
    // What somebody else asked for may be less than this run needs: then it asks itself, now that the key is free.
    if (ending.kind === 'gone' || inQueue === undefined || !serves(inQueue, order)) continue
    for (const message of warningsOf(ending)) onEvent({ kind: 'warning', message })
    if (ending.kind === 'completed') {
      if (await isThere(order, run)) {
        if (order.renew !== null) await finishRenewal(order, run)
        return 'done'
      }
      if (isMine) throw elsewhere(order)
    } else if (isMine || ending.failure.code !== 'budget') {
      return failureFromElsewhere(job, ending.failure)
    }
  }
  throw notToBeHad(order)
}

function warningsOf(ending: Extract<Ending, { kind: 'completed' | 'failed' }>): readonly string[] {
  return (ending.kind === 'completed' ? ending.result?.warnings : ending.warnings) ?? []
}

function tell(job: Job, progress: JobProgress, { onEvent }: Run): void {
  if (progress.kind === 'waiting') onEvent(eventOf(job, progress))
  if (progress.kind === 'retried') {
    const error = new ModelError(progress.message, { code: progress.code, retry: 'backoff' })
    onEvent(eventOf(job, { kind: 'retried', error }))
  }
}

/** Whether what was asked for is what this order wants, or more. */
function serves({ order }: Payload, { wanted, renew }: Order): boolean {
  return order.wanted >= wanted && canonicalJson(order.renew) === canonicalJson(renew)
}

/**
 * The worker has said that it is there; the store has the last word.
 *
 * @throws ImagegenError with code `unavailable` where it cannot say.
 */
async function isThere({ key, wanted }: Order, { store }: Run): Promise<boolean> {
  const snapshot = await store.read([{ key, candidates: wanted }])
  const { candidates, problems } = snapshot.lookup(key)
  if (candidates.length >= wanted) return true
  if (problems.length > 0) throw new ImagegenError('unavailable', problems)
  return false
}

/** What the worker has taken out of its store goes out of this one, which may be another. */
async function finishRenewal(order: Order, { store, bringHere }: Run): Promise<void> {
  await bringHere(order.key)
  const snapshot = await store.read([order.key])
  await clearReplaced(order, snapshot.lookup(order.key), store)
}

/** What comes out of the queue is never what this run has asked for. */
function notToBeHad({ id }: Order): ImagegenError {
  return new ImagegenError('unavailable', {
    message: `${id} was put into the queue ${MOST_SUBMISSIONS} times, and came back each time without what was asked for.`,
    hint: 'Look at `imagegen queue`: something removes jobs, or other clients ask for other candidates of the same.',
  })
}

function elsewhere({ id }: Order): ImagegenError {
  return new ImagegenError('unavailable', {
    message: `${id} was made, and is not in this store: the worker has another one.`,
    hint: 'Give workers and clients the same `store.remote`, or the same folder as `store.dir`. What was made is in the store of the worker.',
  })
}

function serverLost({ patience }: QueueSettings): ImagegenError {
  return new ImagegenError('unavailable', {
    message: `The queue's server has not answered for ${Math.round(patience / 1000)} s.`,
    hint: 'What workers have made is in their store. Run it again once the server is back: it goes on from there.',
  })
}
