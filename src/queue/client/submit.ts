import { eventOf } from '../../generate/event.ts'
import { failureFromElsewhere, type Failure } from '../../generate/failure.ts'
import type { GenerateOptions } from '../../generate/generate.ts'
import { orderOf, withPickedPictures, type Order } from '../../generate/order.ts'
import { readReferenceFile, referenceFiles } from '../../generate/reference-files.ts'
import { clearReplaced } from '../../generate/renewal.ts'
import { ModelError } from '../../model/image-model.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { canonicalJson } from '../../shared/hash.ts'
import type { Channel } from './channel.ts'
import type { Connection } from '../connection.ts'
import { handOver } from '../input-files.ts'
import type { QueuedModel } from '../names.ts'
import { payloadOf, type JobProgress, type Payload, type RunOfPayload } from '../payload.ts'
import type { QueueSettings } from '../settings.ts'

/** A job of a plan. */
export type Job = Parameters<typeof failureFromElsewhere>[0]

/** What all jobs of one run share when they are submitted. */
export interface Run extends GenerateOptions {
  readonly settings: QueueSettings
  readonly connection: Connection
  readonly run: RunOfPayload
  /** BullMQ's priority: lower numbers go first. */
  readonly priority: number
  /** What a model said of a setting of a job; told once for all jobs that have it. */
  readonly onSaid: (job: Job, said: string) => void
  readonly channelOf: (model: QueuedModel) => Promise<Channel>
}

/** How often a job is added again where its result was meant for another client. */
const MOST_SUBMISSIONS = 5

/** Submits a job and waits for one that serves this run. */
export async function submitUntilDone(
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
    // Another client may have asked for less than this run needs. The key is free now, so this run asks for itself.
    if (ending.kind === 'gone' || inQueue === undefined || !serves(inQueue, order)) continue
    const { warnings, said } = ending.kind === 'completed' ? (ending.result ?? SILENT) : ending
    for (const message of warnings) onEvent({ kind: 'warning', message })
    for (const each of said) run.onSaid(job, each)
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

/** The result of a job that no worker of this version made. */
const SILENT = { warnings: [], said: [] } as const

function tell(job: Job, progress: JobProgress, { onEvent }: Run): void {
  switch (progress.kind) {
    case 'waiting':
    case 'rate-limited':
    case 'requested':
    case 'arrived':
      return onEvent(eventOf(job, progress))
    case 'retried': {
      const error = new ModelError(progress.message, { code: progress.code, retry: 'backoff' })
      return onEvent(eventOf(job, { kind: 'retried', error }))
    }
    case 'failed':
      // The end of the job tells.
      return undefined
    default:
      return progress satisfies never
  }
}

/** Whether an order in the queue asks for at least what this order wants. */
function serves({ order }: Payload, { wanted, renew }: Order): boolean {
  return order.wanted >= wanted && canonicalJson(order.renew) === canonicalJson(renew)
}

/**
 * Checks the store after the worker has reported success.
 *
 * @throws ImagegenError with code `unavailable` where the store does not answer.
 */
async function isThere({ key, wanted }: Order, { store }: Run): Promise<boolean> {
  const snapshot = await store.read([{ key, candidates: wanted }])
  const { candidates, problems } = snapshot.lookup(key)
  if (candidates.length >= wanted) return true
  if (problems.length > 0) throw new ImagegenError('unavailable', problems)
  return false
}

/** The worker may use another store, so what it removed there is removed here too. */
async function finishRenewal(order: Order, { store, bringHere }: Run): Promise<void> {
  await bringHere(order.key)
  const snapshot = await store.read([order.key])
  await clearReplaced(order, snapshot.lookup(order.key), store)
}

/** The failure for a job whose results never match the order. */
function notToBeHad({ id }: Order): ImagegenError {
  return new ImagegenError('unavailable', {
    message: `${id} was added to the queue ${MOST_SUBMISSIONS} times, but never returned what was requested.`,
    hint: 'Check `imagegen queue`: something removes jobs, or other clients request other candidates of the same image.',
  })
}

function elsewhere({ id }: Order): ImagegenError {
  return new ImagegenError('unavailable', {
    message: `${id} was generated but is not in this store: the worker uses another store.`,
    hint: 'Give workers and clients the same `store.remote`, or the same folder as `store.dir`. The image is in the store of the worker.',
  })
}
