import { setMaxListeners } from 'node:events'
import PQueue from 'p-queue'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Job } from '../plan/plan.ts'
import { throwIfAborted } from '../shared/abort.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { RateWindow } from '../store/rate-window.ts'
import { makeCandidates, type CandidateOptions } from './candidates.ts'
import { failureOf, notTried, type Failure } from './failure.ts'

/** What a run needs beside its jobs. */
export interface GenerateOptions extends CandidateOptions {
  /** Requests at once. Default 16: the account's rate limit is what counts. */
  readonly concurrency?: number
}

export interface GenerateReport {
  /** Entries that have their picture now, whoever asked for it. */
  readonly generated: readonly string[]
  readonly failures: readonly Failure[]
  /** Jobs that were not tried because the run was interrupted. */
  readonly remaining: readonly Job[]
}

const STOPPED =
  'was not asked for: after the failure above nothing else of this account can succeed.'

type Outcome =
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'interrupted' }

/**
 * Asks for what is missing, each key once across all processes that share the store, in dependency order, within the
 * rate limit and the budget. One failure does not keep the others from being made.
 */
export async function generateImages(
  jobs: readonly Job[],
  options: GenerateOptions,
): Promise<GenerateReport> {
  const run = createRun(options)
  const outcomes = new Map<string, Promise<Outcome>>()
  // Jobs come in dependency order, so what a job waits for has its promise already.
  for (const job of jobs) {
    const needed = job.after.flatMap((key) => outcomes.get(key) ?? [])
    outcomes.set(job.made.key, run(job, needed))
  }
  const generated: string[] = []
  const failures: Failure[] = []
  const remaining: Job[] = []
  for (const job of jobs) {
    const outcome = await outcomes.get(job.made.key)
    if (outcome?.kind === 'finished') generated.push(...job.ids)
    else if (outcome?.kind === 'failed') failures.push(outcome.failure)
    else remaining.push(job)
  }
  return { generated, failures, remaining }
}

/** What the models of one account share during a run. */
interface Account {
  /** Its requests a minute; nothing: no limit is known. */
  readonly window: RateWindow | undefined
  /** Given once nothing that the account is asked for can succeed. Other accounts go on. */
  readonly halt: AbortController
  /** No request is sent any more: the run is interrupted, or the account halted. */
  readonly signal: AbortSignal
}

function createRun(
  options: GenerateOptions,
): (job: Job, needed: readonly Promise<Outcome>[]) => Promise<Outcome> {
  const { onEvent } = options
  // Every job waits on these; Node would take many listeners for a leak.
  setMaxListeners(0, options.signal, options.abandon)
  const queue = new PQueue({ concurrency: options.concurrency ?? 16 })
  const accounts = new Map<string, Account>()

  const accountOf = ({ made: { model } }: Job): Account => {
    const account = accounts.get(model.account) ?? openAccount(model, options)
    accounts.set(model.account, account)
    return account
  }

  const fail = (job: Job, failure: Failure): Outcome => {
    if (failure.stopsRun) accountOf(job).halt.abort()
    onEvent({ kind: 'failed', job, failure })
    return { kind: 'failed', failure }
  }

  const attempt = async (job: Job): Promise<Outcome> => {
    const { window, halt, signal } = accountOf(job)
    try {
      throwIfAborted(signal)
      const failure = await makeCandidates(job, { ...options, signal }, window)
      if (failure !== undefined) return fail(job, failure)
      onEvent({ kind: 'finished', job, pictures: job.missing })
      return { kind: 'finished' }
    } catch (error) {
      const isAborted = error instanceof ImagegenError && error.code === 'aborted'
      if (!isAborted && !options.abandon.aborted) return fail(job, failureOf(job, error))
      return halt.signal.aborted && !options.signal.aborted
        ? fail(job, notTried(job, 'stopped', STOPPED))
        : { kind: 'interrupted' }
    }
  }

  return async (job, needed) => {
    const before = await Promise.all(needed)
    if (before.some(({ kind }) => kind === 'failed')) {
      return fail(job, notTried(job, 'blocked', 'needs a picture that could not be made.'))
    }
    if (before.some(({ kind }) => kind === 'interrupted')) return { kind: 'interrupted' }
    return queue.add(() => attempt(job))
  }
}

function openAccount(
  { account, requestsPerMinute }: ResolvedModel,
  { store, signal }: GenerateOptions,
): Account {
  const halt = new AbortController()
  const either = AbortSignal.any([signal, halt.signal])
  setMaxListeners(0, either)
  const window =
    requestsPerMinute === undefined ? undefined : store.rateWindow({ account, requestsPerMinute })
  return { window, halt, signal: either }
}
