import { setMaxListeners } from 'node:events'
import PQueue from 'p-queue'
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

const STOPPED = 'was not asked for: after the failure above nothing else can succeed.'

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

function createRun(
  options: GenerateOptions,
): (job: Job, needed: readonly Promise<Outcome>[]) => Promise<Outcome> {
  const { onEvent } = options
  const halt = new AbortController()
  // What waits for its turn in the rate limit must not be sent any more once nothing can succeed.
  const running = { ...options, signal: AbortSignal.any([options.signal, halt.signal]) }
  // Every job waits on these; Node would take many listeners for a leak.
  setMaxListeners(0, options.signal, running.signal, options.abandon)
  const queue = new PQueue({ concurrency: options.concurrency ?? 16 })
  const windows = new Map<string, RateWindow>()
  let stop: Failure | undefined

  const fail = (job: Job, failure: Failure): Outcome => {
    if (failure.stopsRun) {
      stop ??= failure
      halt.abort()
    }
    onEvent({ kind: 'failed', job, failure })
    return { kind: 'failed', failure }
  }

  const attempt = async (job: Job): Promise<Outcome> => {
    try {
      throwIfAborted(running.signal)
      const failure = await makeCandidates(job, running, windowOf(job, options, windows))
      if (failure !== undefined) return fail(job, failure)
      onEvent({ kind: 'finished', job, pictures: job.missing })
      return { kind: 'finished' }
    } catch (error) {
      const isAborted = error instanceof ImagegenError && error.code === 'aborted'
      if (!isAborted && !options.abandon.aborted) {
        return fail(job, failureOf(job, error))
      }
      return stop === undefined || options.signal.aborted
        ? { kind: 'interrupted' }
        : fail(job, notTried(job, 'stopped', STOPPED))
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

function windowOf(
  job: Job,
  { store }: GenerateOptions,
  windows: Map<string, RateWindow>,
): RateWindow | undefined {
  const { account, requestsPerMinute } = job.made.model
  if (requestsPerMinute === undefined) return undefined
  const window = windows.get(account) ?? store.rateWindow({ account, requestsPerMinute })
  windows.set(account, window)
  return window
}
