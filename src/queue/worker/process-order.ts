import type { Job, Queue } from 'bullmq'
import type { BudgetLimit } from '../../generate/budget.ts'
import { makeCandidates } from '../../generate/candidates.ts'
import { sharedFailureOf } from '../../generate/failure.ts'
import { createFirstAnswers, type FirstAnswers } from '../../generate/first-answer.ts'
import { createImagesPerCall } from '../../generate/images-per-call.ts'
import { Postponed } from '../../generate/retry.ts'
import type { Order } from '../../generate/order.ts'
import type { ResolvedModel } from '../../model/resolved-model.ts'
import { wait } from '../../shared/abort.ts'
import { ImagegenError } from '../../shared/errors.ts'
import type { Logger } from '../../shared/logger.ts'
import { UNKNOWN_RATE } from '../../store/locks/rate-window.ts'
import type { SharedFailure } from '../../store/locks/shared-failure.ts'
import type { StoreProblemKind } from '../../store/store-problem.ts'
import type { Store } from '../../store/store.ts'
import { openAccountWindow } from '../account-window.ts'
import type { Connection } from '../connection.ts'
import { queuedFileReader } from '../input-files.ts'
import { createJobBudgets, holdOrder } from './job-budget.ts'
import { reportOn, type JobReport } from './job-report.ts'
import { parsePayload, type FailedJob, type JobResult, type Payload } from '../payload.ts'
import { openPurse } from '../run-purse.ts'
import type { QueueSettings } from '../settings.ts'
import { backoff, hasTriesLeft, tryOnce } from './try-once.ts'
import { waitForTurn } from '../turn.ts'
import type { Unsent } from './unsent.ts'

/** What a worker needs to process orders of one model. */
export interface ProcessorOptions {
  readonly connection: Connection
  readonly settings: QueueSettings
  readonly queue: Queue
  readonly store: Store
  /** The most that one job may cost, whatever the job itself says. */
  readonly budget: BudgetLimit
  readonly bringHere: (key: string) => Promise<void>
  readonly bringThere: (key: string, how: 'send') => Promise<void>
  readonly unsent: Unsent
  readonly signal: AbortSignal
  readonly abandon: AbortSignal
  readonly logger: Logger
  /** Called once no request to the account can succeed. */
  readonly onRefused: () => void
}

const REMOTE_TROUBLE: ReadonlySet<unknown> = new Set<StoreProblemKind>([
  'remote-silent',
  'remote-damaged',
])

/** Processes a job. BullMQ distinguishes its errors: failed permanently, retry later, or not now. */
export function createProcessor(
  model: ResolvedModel,
  options: ProcessorOptions,
): (job: Job, token?: string) => Promise<JobResult> {
  const { connection, settings, queue, store, unsent, signal, abandon, logger } = options
  const { redis, bullmq } = connection
  const { account, requestsPerMinute = UNKNOWN_RATE } = model
  const window = waitForTurn(openAccountWindow(redis, settings, account, requestsPerMinute))
  const readFile = queuedFileReader(redis, settings)
  const budgets = createJobBudgets(options.budget)
  /** Of the run that is under way: what a model ignores is the run's business, which another one may have mended. */
  let latest: { readonly run: string; readonly firstAnswers: FirstAnswers } | undefined

  function firstAnswersOf(run: string): FirstAnswers {
    if (latest?.run !== run) latest = { run, firstAnswers: createFirstAnswers(store) }
    return latest.firstAnswers
  }
  const imagesPerCall = createImagesPerCall()

  async function make(job: Job, payload: Payload, report: JobReport): Promise<JobResult> {
    const { order, run } = payload
    let { rateLimits } = payload
    await store.prepare()
    const budget = budgets.of(order.key)
    await holdOrder(order, model, budget, store)
    const purse = openPurse(redis, settings, run)
    const failure = await makeCandidates(order, model, {
      store,
      firstAnswers: firstAnswersOf(run.id),
      budget: {
        async spend(pictures, usd, billed) {
          // From here on the store may have something that the remote does not have, whatever happens to this process.
          await unsent.note(order.key)
          const own = budget.spend(pictures, usd, billed)
          try {
            const ofRun = await purse.spend(pictures, usd, billed)
            return {
              async takeBack(why) {
                await own.takeBack(why)
                await ofRun.takeBack(why)
              },
              async noteFailure() {
                await own.noteFailure()
                await ofRun.noteFailure()
              },
            }
          } catch (error) {
            await own.takeBack('unsent')
            throw error
          }
        },
      },
      window,
      imagesPerCall,
      readFile,
      signal,
      abandon,
      bringHere: options.bringHere,
      async tryRequest(request) {
        const result = await tryOnce(
          {
            ...request,
            async onRateLimit(error) {
              await job.updateData({ ...payload, rateLimits: rateLimits + 1 })
              await request.onRateLimit(error)
            },
          },
          { attempts: job.attemptsMade, rateLimits },
        )
        // An order of many pictures needs many requests, and each request has its own count of rate limit waits.
        rateLimits = 0
        return result
      },
      onEvent: (event) => report.tell(event),
    })
    if (failure !== undefined) throw new FailedElsewhere(failure)
    await send(order, report)
    return { wanted: order.wanted, warnings: report.warnings, said: report.said }
  }

  /**
   * The paid pictures are stored here. No other worker may take the job until the remote has them: it would not find
   * them there and pay again.
   */
  async function send({ key }: Order, report: JobReport): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await options.bringThere(key, 'send')
        return await unsent.clear(key)
      } catch (error) {
        if (!(error instanceof ImagegenError) || error.code === 'aborted') throw error
        report.tellRetry(error)
        await wait(backoff(tries), signal)
      }
    }
  }

  /** @returns the error that tells BullMQ not to retry. */
  async function fail(failure: FailedJob['failure'], report: JobReport): Promise<Error> {
    await report.tellFailed(failure)
    if (failure.stopsRun) options.onRefused()
    return new bullmq.UnrecoverableError(failure.message)
  }

  /** @returns the error that BullMQ expects. */
  async function errorFor(
    job: Job,
    payload: Payload,
    token: string | undefined,
    thrown: unknown,
    report: JobReport,
  ): Promise<Error> {
    const isStopped = thrown instanceof ImagegenError && thrown.code === 'aborted'
    if (isStopped || abandon.aborted) {
      await job.moveToWait(token)
      return new bullmq.WaitingError()
    }
    if (thrown instanceof Postponed) {
      if (thrown.cause instanceof Error) return thrown.cause
      await queue.rateLimit(thrown.pause)
      return new bullmq.RateLimitError()
    }
    if (isPassing(thrown) && hasTriesLeft(job.attemptsMade)) {
      report.tellRetry(thrown)
      return thrown
    }
    const failure =
      thrown instanceof FailedElsewhere
        ? { ...thrown.failure, isRetryable: false }
        : sharedFailureOf(payload.order, thrown)
    budgets.close(payload.order.key)
    return fail(failure, report)
  }

  return async (job, token) => {
    const report = reportOn(job, logger)
    const payload = parsePayload(job.data)
    if ('fault' in payload) throw await fail(unreadable(job, payload.fault), report)
    const { provider, modelId } = payload.order.recipe
    if (provider !== model.provider || modelId !== model.modelId) {
      throw await fail(unreadable(job, `it is for ${provider}/${modelId}`), report)
    }
    try {
      const result = await make(job, payload, report)
      budgets.close(payload.order.key)
      report.tellMade()
      return result
    } catch (thrown) {
      throw await errorFor(job, payload, token, thrown, report)
    }
  }
}

/** A remote that does not answer, or has an incomplete item, may recover in a moment. */
function isPassing(thrown: unknown): thrown is ImagegenError {
  return (
    thrown instanceof ImagegenError &&
    thrown.problems.some((problem) => 'kind' in problem && REMOTE_TROUBLE.has(problem.kind))
  )
}

/** Another process requested the same key meanwhile, and this is its result. */
class FailedElsewhere extends Error {
  readonly failure: SharedFailure
  constructor(failure: SharedFailure) {
    super(failure.message)
    this.failure = failure
  }
}

function unreadable({ name }: Job, fault: string): FailedJob['failure'] {
  return {
    code: 'queue',
    message: `${name}: the worker cannot read this job: ${fault}.`,
    hint: 'Use the same version of unplugin-imagegen for clients and workers.',
    stopsRun: false,
    isRetryable: false,
  }
}
