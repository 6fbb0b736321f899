import type { ImageEntry } from '../manifest/entry.ts'
import { ModelError } from '../model/image-model.ts'
import { describeWarning } from '../model/warning.ts'
import type { Job } from '../plan/plan.ts'
import { throwIfAborted } from '../shared/abort.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { Lock } from '../store/lock.ts'
import type { RateWindow } from '../store/rate-window.ts'
import type { Settlement } from '../store/settle.ts'
import type { Candidate } from '../store/bundle.ts'
import type { KeyRecord } from '../store/snapshot.ts'
import type { Store } from '../store/store.ts'
import type { Budget } from './budget.ts'
import type { GenerateEvent } from './event.ts'
import { failureFromElsewhere, failureOf, type Failure } from './failure.ts'
import { readInputs } from './inputs.ts'
import { maybeBilled } from './provider-error.ts'
import { callOf, responseOf, seedOf } from './request.ts'
import { retry } from './retry.ts'

/** What making the candidates of a key needs. */
export interface CandidateOptions {
  readonly store: Store
  /** All entries by id: references to hand-made ones are read from their files. */
  readonly entries: ReadonlyMap<string, ImageEntry>
  readonly budget: Budget
  /** No request is sent any more; those under way are awaited and stored. */
  readonly signal: AbortSignal
  /** Requests under way are given up too. What they bring may be paid for and lost. */
  readonly abandon: AbortSignal
  readonly onEvent: (event: GenerateEvent) => void
  /** Milliseconds before the first retry. Default 1000. */
  readonly retryPause?: number
}

/** Rounds without enough new pictures before a job is given up: each of them may have been paid for. */
const MAX_ROUNDS = 3

/** Fills a key up to the candidates that are wanted, while nobody else asks for it. */
export async function makeCandidates(
  job: Job,
  options: CandidateOptions,
  window: RateWindow | undefined,
): Promise<Failure | undefined> {
  const { store, signal, onEvent } = options
  const lock = await store.lock(job.made.key, {
    signal,
    onWait: () => onEvent({ kind: 'waiting', job }),
  })
  try {
    if (lock.failure !== null) return failureFromElsewhere(job, lock.failure)
    const before = await readRecord(job, store)
    const replaced = replacedBy(job, before)
    const usable = (record: KeyRecord): Candidate[] =>
      record.candidates.filter(
        ({ bytes, receipt }) =>
          job.renew === undefined || (bytes === 'present' && !replaced.has(receipt.sha256)),
      )
    let record = before
    for (let round = 0; usable(record).length < job.wanted; round++) {
      if (round === MAX_ROUNDS) throw tooFew(job, usable(record).length)
      const there = usable(record).length
      const pictures = Math.min(job.wanted - there, job.made.model.maxImagesPerCall)
      const seed = lostSeed(job, record) ?? seedOf(job, record.candidates.length)
      const settlement = await ask(job, pictures, seed, options, window).catch((error: unknown) => {
        // Some came before: what is there can be used.
        const isEmpty = error instanceof ModelError && error.code === 'empty'
        throw isEmpty && there > 0 ? tooFew(job, there) : error
      })
      warnOfUnusable(job, settlement, onEvent)
      record = await readRecord(job, store)
      // Asking again in the same way would be paid for again, and most likely answered in the same way.
      if (usable(record).length === there) throw nothingNew(settlement)
    }
    await clearReplaced(job, before, store)
    return undefined
  } catch (error) {
    leaveFailure(job, lock, error)
    throw error
  } finally {
    lock.release()
  }
}

/** The key's record, read anew; an answer that a killed process had left is stored first. */
async function readRecord(job: Job, store: Store): Promise<KeyRecord> {
  const { key } = job.made
  let record = (await store.read([key])).lookup(key)
  if (record.problems.some(({ kind }) => kind === 'response-pending')) {
    await store.recover()
    record = (await store.read([key])).lookup(key)
  }
  const [problem] = record.problems
  if (problem !== undefined && job.renew?.kind !== 'lost')
    throw new ImagegenError('unavailable', problem)
  return record
}

/** The pictures that new ones shall take the place of although they are there. */
function replacedBy(job: Job, record: KeyRecord): ReadonlySet<string> {
  const picks = job.renew?.kind === 'outdated' ? job.renew.picks : []
  return new Set(picks.flatMap((pick) => record.candidates[pick - 1]?.receipt.sha256 ?? []))
}

/** A lost original is asked for with the seed it had. */
function lostSeed(job: Job, record: KeyRecord): number | undefined {
  if (job.renew?.kind !== 'lost') return undefined
  return record.candidates.find(({ bytes }) => bytes !== 'present')?.receipt.seed ?? undefined
}

async function clearReplaced(job: Job, before: KeyRecord, store: Store): Promise<void> {
  if (job.renew?.kind === 'lost') await store.retire(before)
  if (job.renew?.kind === 'outdated') {
    const replaced = replacedBy(job, before)
    await store.trash(before.candidates.filter(({ receipt }) => replaced.has(receipt.sha256)))
  }
}

async function ask(
  job: Job,
  pictures: number,
  seed: number | undefined,
  options: CandidateOptions,
  window: RateWindow | undefined,
): Promise<Settlement> {
  const { store, budget, signal, abandon, onEvent } = options
  const { model } = job.made
  const price = model.price === undefined ? null : model.price * pictures
  const inputs = await readInputs(job, options.entries, store)
  const response = await retry({
    signal,
    ...(options.retryPause === undefined ? {} : { pause: options.retryPause }),
    onRetry: (error) => onEvent({ kind: 'retried', job, error }),
    onRateLimit: async ({ retryAfter }) => {
      const account = window ?? store.rateWindow({ account: model.account, requestsPerMinute: 1e6 })
      await (retryAfter === undefined
        ? account.pauseForWindow()
        : account.pause(Date.now() + retryAfter))
    },
    attempt: async () => {
      await window?.take(signal)
      throwIfAborted(signal)
      const takeBack = budget.spend(pictures, price)
      onEvent({ kind: 'requested', job, pictures })
      try {
        const result = await model.model.doGenerate(callOf(job, pictures, seed, inputs, abandon))
        for (const warning of result.warnings) {
          onEvent({ kind: 'warning', message: `${job.entry.name}: ${describeWarning(warning)}` })
        }
        return responseOf(job, pictures, seed, inputs, result)
      } catch (error) {
        if (!maybeBilled(error)) takeBack()
        throw await withKeptAnswer(job, store, error)
      }
    },
  })
  return store.settle(await store.savePending(response))
}

/** What arrived with a failure, and may have been paid for, is kept; the failure then says where. */
async function withKeptAnswer(job: Job, store: Store, error: unknown): Promise<unknown> {
  if (!(error instanceof ModelError) || (error.responseBody ?? '') === '') return error
  const { message, responseBody: body = '' } = error
  const { key } = job.made
  const file = await store.keepUnusable({ key, name: job.entry.name, reason: message, body })
  return new ModelError(`${message} The answer is kept as ${file}.`, {
    ...error,
    cause: error.cause,
  })
}

function warnOfUnusable(
  job: Job,
  { unusable }: Settlement,
  onEvent: CandidateOptions['onEvent'],
): void {
  for (const { reason, file } of unusable) {
    onEvent({
      kind: 'warning',
      message: `${job.entry.name}: a picture was paid for and cannot be used (${reason}); it is kept as ${file}.`,
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

function tooFew(job: Job, there: number): ImagegenError {
  return new ImagegenError('unusable', {
    message: `Only ${there} of ${job.wanted} candidates could be had; the model refused the others.`,
    hint: 'What came is kept. Change the prompt, or lower `n`.',
  })
}

/** Who waits for the same key takes a final failure over, instead of having it once more. */
function leaveFailure(job: Job, lock: Lock, error: unknown): void {
  if (error instanceof ImagegenError && (error.code === 'aborted' || error.code === 'budget'))
    return
  const { code, problem, stopsRun } = failureOf(job, error)
  lock.fail({ code, message: problem.message, hint: problem.hint ?? null, stopsRun })
}
