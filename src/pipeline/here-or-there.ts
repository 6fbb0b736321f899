import { hostname } from 'node:os'
import { generateImages, type GenerateOptions } from '../generate/generate.ts'
import type { GenerateReport } from '../generate/in-order.ts'
import type { ResolvedOptions } from '../options.ts'
import type { Job } from '../plan/plan.ts'
import { generateThroughQueue } from '../queue/client/generate-through-queue.ts'
import { work, type WorkEnding, type WorkOptions } from '../queue/worker/worker.ts'
import { formatProblem, ImagegenError } from '../shared/errors.ts'
import { digest } from '../shared/hash.ts'
import type { Logger } from '../shared/logger.ts'
import type { Store } from '../store/store.ts'
import { bringHere, bringThere, failuresOf } from './one-key.ts'

/** Makes some jobs: in this process, or by the workers of a queue. What is there afterwards is the same. */
export async function generateHereOrThere(
  jobs: readonly Job[],
  run: Omit<GenerateOptions, 'bringHere'>,
  options: ResolvedOptions,
  logger: Logger,
): Promise<GenerateReport> {
  const complete = { ...run, bringHere: bringHere(run.store, options, run.abandon) }
  const { queue: settings, remote } = options
  if (settings === undefined || jobs.length === 0) return generateImages(jobs, complete)
  const report = await generateThroughQueue(jobs, { ...complete, settings, logger })
  if (remote !== undefined) await bringAllHere(jobs, report, run, logger)
  return report
}

/** Who asks by himself has the pictures in his folder, too. They are safe in the remote: what fails can be repeated. */
async function bringAllHere(
  jobs: readonly Job[],
  { generated }: GenerateReport,
  { store, abandon }: Pick<GenerateOptions, 'store' | 'abandon'>,
  logger: Logger,
): Promise<void> {
  const made = new Set(generated)
  const keys = jobs
    .filter(({ ids }) => ids.some((id) => made.has(id)))
    .map(({ made: { key }, wanted }) => ({ key, candidates: wanted }))
  const how = { only: true, isDry: false, signal: abandon, onProgress: () => undefined }
  try {
    for (const problem of failuresOf(await store.pull(how, keys)))
      logger.warn(formatProblem(problem))
  } catch (error) {
    if (!(error instanceof ImagegenError)) throw error
    logger.warn(error.message)
  }
}

/** What the one who lends a hand decides. */
export type WorkHow = Pick<WorkOptions, 'concurrency' | 'signal' | 'abandon'>

/**
 * Makes what others have put into the queue.
 *
 * @throws ImagegenError with code `config` where there is no queue; else see `work`.
 */
export async function workForOthers(
  how: WorkHow,
  store: Store,
  options: ResolvedOptions,
  logger: Logger,
): Promise<WorkEnding> {
  return work({
    ...how,
    settings: queueOf(options),
    models: options.models,
    store,
    budget: options.budget,
    bringHere: bringHere(store, options, how.abandon),
    bringThere: bringThere(store, options, how.abandon),
    place: digest([hostname(), options.storeDir]),
    logger,
  })
}

/**
 * Where the queue is.
 *
 * @throws ImagegenError with code `config` where the options name none.
 */
export function queueOf({ queue }: ResolvedOptions): NonNullable<ResolvedOptions['queue']> {
  if (queue !== undefined) return queue
  throw new ImagegenError('config', {
    message: 'The option `queue` is not set: there is no queue.',
    hint: "Write `queue: { connection: 'redis://localhost:6379' }` into imagegen.config.ts.",
  })
}
