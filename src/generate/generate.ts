import { setMaxListeners } from 'node:events'
import PQueue from 'p-queue'
import type { ImageEntry } from '../manifest/entry.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Job } from '../plan/plan.ts'
import { throwIfAborted } from '../shared/abort.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { RateWindow } from '../store/locks/rate-window.ts'
import type { Store } from '../store/store.ts'
import type { Budget } from './budget.ts'
import { makeCandidates } from './candidates.ts'
import { eventOf, type GenerateEvent } from './event.ts'
import { failureFromElsewhere, failureOf, notTried, type Failure } from './failure.ts'
import { createImagesPerCall } from './images-per-call.ts'
import { createFirstAnswers } from './first-answer.ts'
import { makeInOrder, type GenerateReport, type Outcome } from './in-order.ts'
import { orderOf } from './order.ts'
import { readReferenceFile } from './reference-files.ts'
import { retry } from './retry.ts'
import { createSaidWarnings } from './said-warnings.ts'

/** What a run needs beside its jobs. */
export interface GenerateOptions {
  readonly store: Store
  /** All entries by id: references to hand-made ones are read from their files. */
  readonly entries: ReadonlyMap<string, ImageEntry>
  readonly budget: Budget
  /** No request is sent any more; those under way are awaited and stored. */
  readonly signal: AbortSignal
  /** Requests under way are given up too. What they bring may be paid for and lost. */
  readonly abandon: AbortSignal
  /**
   * Ends one job: nothing more is sent for it or for what needs it, and a request under way is awaited and stored. Read
   * when the job's turn comes and again before each of its requests. Default: jobs end with the run only.
   */
  readonly signalOf?: (job: Job) => AbortSignal
  readonly onEvent: (event: GenerateEvent) => void
  /** Brings here what a remote has of a key, before something of it is taken for lost. */
  readonly bringHere: (key: string) => Promise<void>
  /** Milliseconds before the first retry. Default 1000. */
  readonly retryPause?: number
  /** Requests at once. Default 16: the account's rate limit is what counts. */
  readonly concurrency?: number
}

/**
 * Asks for what is missing, each key once across all processes that share the store, in dependency order, within the
 * rate limit and the budget. One failure does not keep the others from being made.
 */
export async function generateImages(
  jobs: readonly Job[],
  options: GenerateOptions,
): Promise<GenerateReport> {
  const warnings = createSaidWarnings()
  const run = createRun(options, (job, said) => warnings.add(job, said))
  try {
    return await makeInOrder(jobs, run, options.onEvent)
  } finally {
    for (const message of warnings.messages()) options.onEvent({ kind: 'warning', message })
  }
}

/** What the models of one account share during a run. */
interface Account {
  /** Its requests a minute. Where no limit is known, only a provider's refusal closes it for a while. */
  readonly window: RateWindow
  /** Given once nothing that the account is asked for can succeed. Other accounts go on. */
  readonly halt: AbortController
  /** Settled once the failure that halted the account has been told: its consequences are told after it. */
  readonly causeTold: Promise<void>
  readonly tellCause: () => void
  /** No request is sent any more: the run is interrupted, or the account halted. */
  readonly signal: AbortSignal
}

function createRun(
  options: GenerateOptions,
  onSaid: (job: Job, said: string) => void,
): (job: Job) => Promise<Outcome> {
  const { onEvent, retryPause: pause } = options
  // Every job waits on these; Node would take many listeners for a leak.
  setMaxListeners(0, options.signal, options.abandon)
  const concurrency = options.concurrency ?? 16
  const requests = new PQueue({ concurrency })
  // While some wait for the provider, others lock their keys, and store and check what has come.
  const queue = new PQueue({ concurrency: 2 * concurrency })
  const accounts = new Map<string, Account>()
  const firstAnswers = createFirstAnswers(options.store)
  const imagesPerCall = createImagesPerCall()

  const accountOf = ({ made: { model } }: Job): Account => {
    const account = accounts.get(model.account) ?? openAccount(model, options)
    accounts.set(model.account, account)
    return account
  }

  const fail = (job: Job, failure: Failure): Outcome => {
    const { halt, tellCause } = accountOf(job)
    // A failure that another process left halts the account, too.
    if (failure.stopsRun) halt.abort()
    onEvent({ kind: 'failed', job, failure })
    if (failure.stopsRun) tellCause()
    return { kind: 'failed', failure }
  }

  const attempt = async (job: Job): Promise<Outcome> => {
    const { window, halt, causeTold, tellCause, signal: accountSignal } = accountOf(job)
    const own = options.signalOf?.(job)
    const signal = own === undefined ? accountSignal : AbortSignal.any([accountSignal, own])
    let isCause = false
    try {
      throwIfAborted(signal)
      const failure = await makeCandidates(await orderOf(job, options.store), job.made.model, {
        ...options,
        firstAnswers,
        signal,
        window,
        readFile: readReferenceFile(job, options.entries),
        tryRequest: async (request) =>
          requests.add(async () => {
            throwIfAborted(options.signalOf?.(job) ?? signal)
            try {
              return await retry({ ...request, signal, ...(pause === undefined ? {} : { pause }) })
            } catch (error) {
              // Before the next one has its turn.
              if (failureOf(job, error).stopsRun) {
                isCause = !halt.signal.aborted
                halt.abort()
              }
              throw error
            }
          }),
        imagesPerCall,
        onEvent(event) {
          if (event.kind === 'warning' && event.said !== undefined) onSaid(job, event.said)
          else onEvent(eventOf(job, event))
        },
      })
      if (failure !== undefined) return fail(job, failureFromElsewhere(job, failure))
      onEvent({ kind: 'finished', job, pictures: job.missing })
      return { kind: 'finished' }
    } catch (error) {
      const isAborted = error instanceof ImagegenError && error.code === 'aborted'
      if (!isAborted && !options.abandon.aborted) return fail(job, failureOf(job, error))
      const isStopped = halt.signal.aborted && !options.signal.aborted && own?.aborted !== true
      if (!isStopped) return { kind: 'interrupted' }
      await causeTold
      return fail(job, notTried(job, 'stopped'))
    } finally {
      if (isCause) tellCause()
    }
  }

  return (job) => queue.add(() => attempt(job))
}

function openAccount(
  { account, requestsPerMinute }: ResolvedModel,
  { store, signal }: GenerateOptions,
): Account {
  const halt = new AbortController()
  let tellCause: () => void = () => undefined
  const causeTold = new Promise<void>((resolve) => {
    tellCause = resolve
  })
  const either = AbortSignal.any([signal, halt.signal])
  setMaxListeners(0, either)
  const window = store.rateWindow({ account, requestsPerMinute })
  return { window, halt, causeTold, tellCause, signal: either }
}
