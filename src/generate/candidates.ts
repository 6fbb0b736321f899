import { ModelError } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import { describeWarning } from '../model/warning.ts'
import { throwIfAborted } from '../shared/abort.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { Lock } from '../store/lock.ts'
import type { RateWindow } from '../store/rate-window.ts'
import type { Settlement } from '../store/settle.ts'
import type { Candidate } from '../store/bundle.ts'
import type { KeyRecord } from '../store/snapshot.ts'
import type { SharedFailure } from '../store/shared-failure.ts'
import type { Store } from '../store/store.ts'
import type { Purse } from './budget.ts'
import type { OrderEvent } from './event.ts'
import { sharedFailureOf } from './failure.ts'
import { readInputs, type ReadFile } from './inputs.ts'
import type { Order } from './order.ts'
import { maybeBilled } from './provider-error.ts'
import { callOf, responseOf, seedOf } from './request.ts'
import { Postponed, type Request } from './retry.ts'

/** What making the candidates of a key needs. */
export interface CandidateOptions {
  readonly store: Store
  readonly budget: Purse
  /** The account's requests a minute; nothing: no limit is known. */
  readonly window: Pick<RateWindow, 'take' | 'pause' | 'pauseForWindow'> | undefined
  /** Reference pictures that are files. */
  readonly readFile: ReadFile
  /**
   * How a request is tried, and tried again.
   *
   * @throws what the last attempt did, or `Postponed` where somebody will come back to the order.
   */
  readonly tryRequest: <Result>(request: Request<Result>) => Promise<Result>
  /** No request is sent any more; those under way are awaited and stored. */
  readonly signal: AbortSignal
  /** Requests under way are given up too. What they bring may be paid for and lost. */
  readonly abandon: AbortSignal
  /** Brings here what a remote has of a key, before something of it is taken for lost. */
  readonly bringHere: (key: string) => Promise<void>
  readonly onEvent: (event: OrderEvent) => void
}

/** Rounds without enough new pictures before a job is given up: each of them may have been paid for. */
const MAX_ROUNDS = 3

/**
 * Fills a key up to the candidates that are wanted, while nobody else asks for it.
 *
 * @returns the final failure of somebody else who asked for it meanwhile.
 * @throws ModelError or ImagegenError where it cannot be filled, or what `tryRequest` throws.
 */
export async function makeCandidates(
  order: Order,
  model: ResolvedModel,
  options: CandidateOptions,
): Promise<SharedFailure | undefined> {
  const { store, signal, onEvent } = options
  const lock = await store.lock(order.key, { signal, onWait: () => onEvent({ kind: 'waiting' }) })
  try {
    if (lock.failure !== null) return lock.failure
    if (order.renew !== null) await options.bringHere(order.key)
    // Another machine may have brought more to the remote since this was planned.
    const before = await readRecord(order, store, order.renew === null ? order.wanted : Infinity)
    const replaced = replacedBy(order)
    const usable = (record: KeyRecord): Candidate[] =>
      record.candidates.filter(
        ({ bytes, receipt }) =>
          order.renew === null || (bytes === 'present' && !replaced.has(receipt.sha256)),
      )
    let record = before
    for (let round = 0; usable(record).length < order.wanted; round++) {
      if (round === MAX_ROUNDS) throw tooFew(order, usable(record).length)
      const there = usable(record).length
      const pictures = Math.min(order.wanted - there, model.maxImagesPerCall)
      const seed = lostSeed(order, record) ?? seedOf(order, model, record.candidates.length)
      const settlement = await ask(order, model, pictures, seed, options).catch(
        (error: unknown) => {
          // Some came before: what is there can be used.
          const isEmpty = error instanceof ModelError && error.code === 'empty'
          throw isEmpty && there > 0 ? tooFew(order, there) : error
        },
      )
      warnOfUnusable(order, settlement, onEvent)
      // What has just come is here: whether a remote answers in this moment is of no importance.
      record = await readRecord(order, store, 0)
      // Asking again in the same way would be paid for again, and most likely answered in the same way.
      if (usable(record).length === there) throw nothingNew(settlement)
    }
    await clearReplaced(order, before, store)
    return undefined
  } catch (error) {
    leaveFailure(order, lock, error)
    throw error
  } finally {
    lock.release()
  }
}

/**
 * The key's record, read anew; an answer that a killed process had left is stored first.
 *
 * @param candidates so many are looked for in a remote, if there is one.
 */
async function readRecord(order: Order, store: Store, candidates: number): Promise<KeyRecord> {
  const wanted = { key: order.key, candidates }
  let record = (await store.read([wanted])).lookup(order.key)
  if (record.problems.some(({ kind }) => kind === 'response-pending')) {
    await store.recover()
    record = (await store.read([wanted])).lookup(order.key)
  }
  const [problem] = record.problems
  if (problem !== undefined && order.renew?.kind !== 'lost')
    throw new ImagegenError('unavailable', problem)
  return record
}

/** The pictures that new ones shall take the place of although they are there. */
function replacedBy({ renew }: Order): ReadonlySet<string> {
  return new Set(renew?.kind === 'outdated' ? renew.replaced : [])
}

/** A lost original is asked for with the seed it had. */
function lostSeed(order: Order, record: KeyRecord): number | undefined {
  if (order.renew?.kind !== 'lost') return undefined
  return record.candidates.find(({ bytes }) => bytes !== 'present')?.receipt.seed ?? undefined
}

/** Takes away what enough usable pictures stand in for now. Done again, it does nothing. */
export async function clearReplaced(order: Order, before: KeyRecord, store: Store): Promise<void> {
  if (order.renew?.kind === 'lost') {
    const lost = before.candidates.filter(({ bytes }) => bytes !== 'present')
    if (lost.length + before.problems.length === 0) return
    // What is present may be new from a run that was killed before it came here.
    await store.retire({ ...before, candidates: lost })
  }
  if (order.renew?.kind === 'outdated') {
    const replaced = replacedBy(order)
    await store.supersede(before.candidates.filter(({ receipt }) => replaced.has(receipt.sha256)))
  }
}

async function ask(
  order: Order,
  model: ResolvedModel,
  pictures: number,
  seed: number | undefined,
  options: CandidateOptions,
): Promise<Settlement> {
  const { store, budget, window, signal, abandon, onEvent } = options
  const price = model.price === undefined ? null : model.price * pictures
  const inputs = await readInputs(order, model, store, options.readFile)
  const response = await options.tryRequest({
    onRetry: (error) => onEvent({ kind: 'retried', error }),
    onRateLimit: async ({ retryAfter }) => {
      const account = window ?? store.rateWindow({ account: model.account, requestsPerMinute: 1e6 })
      await (retryAfter === undefined
        ? account.pauseForWindow()
        : account.pause(Date.now() + retryAfter))
    },
    attempt: async () => {
      await window?.take(signal)
      throwIfAborted(signal)
      const takeBack = await budget.spend(pictures, price)
      onEvent({ kind: 'requested', pictures })
      try {
        const result = await model.model.doGenerate(
          callOf(order, model, pictures, seed, inputs, abandon),
        )
        for (const warning of result.warnings) {
          onEvent({ kind: 'warning', message: `${order.name}: ${describeWarning(warning)}` })
        }
        return responseOf(order, model, pictures, seed, inputs, result)
      } catch (error) {
        if (!maybeBilled(error)) await takeBack()
        throw await withKeptAnswer(order, store, error)
      }
    },
  })
  return store.settle(await store.savePending(response))
}

/** What arrived with a failure, and may have been paid for, is kept; the failure then says where. */
async function withKeptAnswer(order: Order, store: Store, error: unknown): Promise<unknown> {
  if (!(error instanceof ModelError) || (error.responseBody ?? '') === '') return error
  const { message, responseBody: body = '' } = error
  const { key } = order
  const file = await store.keepUnusable({ key, name: order.name, reason: message, body })
  return new ModelError(`${message} The answer is kept as ${file}.`, {
    ...error,
    cause: error.cause,
  })
}

function warnOfUnusable(
  order: Order,
  { unusable }: Settlement,
  onEvent: CandidateOptions['onEvent'],
): void {
  for (const { reason, file } of unusable) {
    onEvent({
      kind: 'warning',
      message: `${order.name}: a picture was paid for and cannot be used (${reason}); it is kept as ${file}.`,
    })
  }
}

function nothingNew({ unusable, duplicates }: Settlement): ImagegenError {
  const [first] = unusable
  if (first !== undefined) {
    return new ImagegenError('unusable', {
      message: `The answer was paid for and cannot be used: ${first.reason}. It is kept as ${first.file}.`,
      hint: 'Look at what is kept there; run `imagegen generate` to ask again.',
    })
  }
  return new ImagegenError('unusable', {
    message:
      duplicates.length > 0
        ? 'The model answered with a picture that is there already.'
        : 'The model answered with no picture.',
    hint: 'Give another `seed`, or change the prompt.',
  })
}

function tooFew(order: Order, there: number): ImagegenError {
  return new ImagegenError('unusable', {
    message: `Only ${there} of ${order.wanted} candidates could be had; the model refused the others.`,
    hint: 'What came is kept. Change the prompt, or lower `n`.',
  })
}

/** Who waits for the same key takes a final failure over, instead of having it once more. */
function leaveFailure(order: Order, lock: Lock, error: unknown): void {
  if (error instanceof Postponed) return
  if (error instanceof ImagegenError && (error.code === 'aborted' || error.code === 'budget'))
    return
  const { code, message, hint, stopsRun } = sharedFailureOf(order, error)
  lock.fail({ code, message, hint, stopsRun })
}
