import { hostname } from 'node:os'
import { type GenerateOptions, generateImages } from '../generate/generate.ts'
import type { GenerateReport } from '../generate/in-order.ts'
import type { ResolvedOptions } from '../options.ts'
import type { Job } from '../plan/plan.ts'
import { generateThroughQueue } from '../queue/client/generate-through-queue.ts'
import { type WorkEnding, type WorkOptions, work } from '../queue/worker/worker.ts'
import { ImagegenError, type Problem, formatProblem } from '../shared/errors.ts'
import { digest } from '../shared/hash.ts'
import type { Logger } from '../shared/logger.ts'
import type { Store } from '../store/store.ts'
import type { TransferReport } from '../store/transfer.ts'

/** Runs jobs in this process, or through the workers of a queue. The result is the same. */
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

/** Copies what workers made into the client's store. Failures are only warnings: the remote has the images. */
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

/** Options for a worker. */
export type WorkHow = Pick<WorkOptions, 'concurrency' | 'signal' | 'abandon'>

/**
 * Runs a worker that generates the queue's jobs.
 *
 * @throws ImagegenError with code `config` if there is no queue; otherwise as `work`.
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
 * Returns the queue's settings.
 *
 * @throws ImagegenError with code `config` if the option `queue` is not set.
 */
export function queueOf({ queue }: ResolvedOptions): NonNullable<ResolvedOptions['queue']> {
  if (queue !== undefined) return queue
  throw new ImagegenError('config', {
    message: 'The option `queue` is not set: there is no queue.',
    hint: "Add `queue: { connection: 'redis://localhost:6379' }` to imagegen.config.ts.",
  })
}

type Remote = Pick<ResolvedOptions, 'remote'>

/**
 * Pulls a key's originals from the remote, so that a local gap does not count as lost. An original that the remote lacks
 * as well stays lost.
 *
 * @throws ImagegenError with code `unavailable` if the remote does not answer.
 */
export function bringHere(
  store: Store,
  { remote }: Remote,
  signal: AbortSignal,
): (key: string) => Promise<void> {
  return async (key) => {
    if (remote === undefined) return
    const how = { only: true, isDry: false, signal, onProgress: () => undefined }
    const { problems } = await store.pull(how, [{ key, candidates: Infinity }])
    throwIfAny(problems.filter(({ kind }) => kind === 'remote-silent'))
  }
}

/**
 * Pushes a key's originals to the remote and confirms that they arrived. New originals are uploaded anyway, but without
 * a confirmation.
 *
 * @throws ImagegenError with code `unavailable` if they did not arrive.
 */
export function bringThere(
  store: Store,
  { remote }: Remote,
  signal: AbortSignal,
): WorkOptions['bringThere'] {
  return async (key, how) => {
    if (remote === undefined) return
    const isThorough = how === 'repair'
    const control = { isDry: false, isThorough, signal, onProgress: () => undefined }
    const report = await store.push(control, [key])
    throwIfAny([...failuresOf(report), ...report.problems])
  }
}

/** The problems of failed transfers. */
export function failuresOf({ transfers }: TransferReport): Problem[] {
  return transfers.flatMap(({ outcome }) => (outcome.kind === 'failed' ? [outcome.problem] : []))
}

function throwIfAny(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ImagegenError('unavailable', problems)
}
