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
import type { Ending } from '../ending.ts'
import { handOver } from '../input-files.ts'
import type { QueuedModel } from '../names.ts'
import { payloadOf, type JobProgress, type Payload, type RunOfPayload } from '../payload.ts'
import type { QueueSettings } from '../settings.ts'

/** A job of a plan. */
export type Job = Parameters<typeof failureFromElsewhere>[0]

/** What the jobs of one run are submitted with. */
export interface Run extends GenerateOptions {
  readonly settings: QueueSettings
  readonly connection: Connection
  readonly run: RunOfPayload
  /** BullMQ's: the lower, the earlier. */
  readonly priority: number
  readonly channelOf: (model: QueuedModel) => Promise<Channel>
}

/** Times that a job is put into the queue, where what comes out of it was meant for somebody else. */
const MOST_SUBMISSIONS = 5

/** Waits for a job that is this run's, or does for it as well. */
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
