import { generateImages, type GenerateOptions } from '../generate/generate.ts'
import type { GenerateReport } from '../generate/in-order.ts'
import type { ResolvedOptions } from '../options.ts'
import type { Job } from '../plan/plan.ts'
import { generateThroughQueue } from '../queue/generate-through-queue.ts'
import type { Logger } from '../shared/logger.ts'
import { formatProblem, ImagegenError } from '../shared/errors.ts'

/** Makes some jobs: in this process, or by the workers of a queue. What is there afterwards is the same. */
export async function generateHereOrThere(
  jobs: readonly Job[],
  run: GenerateOptions,
  { queue, remote }: ResolvedOptions,
  logger: Logger,
): Promise<GenerateReport> {
  if (queue === undefined || jobs.length === 0) return generateImages(jobs, run)
  const report = await generateThroughQueue(jobs, { ...run, settings: queue, logger })
  if (remote !== undefined) {
    await bringHere(jobs, report, run, logger).catch((error: unknown) => {
      if (!(error instanceof ImagegenError)) throw error
      logger.warn(error.message)
    })
  }
  return report
}

/** Who asks by himself has the pictures in his folder, too. They are safe in the remote: what fails can be repeated. */
async function bringHere(
  jobs: readonly Job[],
  { generated }: GenerateReport,
  { store, abandon }: GenerateOptions,
  logger: Logger,
): Promise<void> {
  const made = new Set(generated)
  const keys = jobs
    .filter(({ ids }) => ids.some((id) => made.has(id)))
    .map(({ made: { key }, wanted }) => ({ key, candidates: wanted }))
  const control = { only: true, isDry: false, signal: abandon, onProgress: () => undefined }
  const { transfers } = await store.pull(control, keys)
  for (const { outcome } of transfers) {
    if (outcome.kind === 'failed') logger.warn(formatProblem(outcome.problem))
  }
}
