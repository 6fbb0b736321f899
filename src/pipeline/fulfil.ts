import {
  describeBill,
  imagesIn,
  manifestError,
  missingError,
  unavailableError,
} from '../generate/agreement.ts'
import type { GenerateOptions } from '../generate/generate.ts'
import type { GenerateReport } from '../generate/in-order.ts'
import { placeOf } from '../manifest/manifest.ts'
import type { ResolvedOptions } from '../options.ts'
import type { Job, PlannedImage } from '../plan/plan.ts'
import type { RenderedImage } from '../render/render.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { Logger } from '../shared/logger.ts'
import { inOneLine, sentence } from '../shared/plain-text.ts'
import { mediaOf } from './media.ts'
import { createRunLog } from './run-log.ts'
import type { Survey } from './survey.ts'

/** The parts of the pipeline that `fulfil` uses. */
interface Stages {
  readonly options: ResolvedOptions
  hold(jobs: readonly Job[]): void
  survey(): Promise<Survey>
  generate(
    survey: Survey,
    jobs: readonly Job[],
    how: Pick<GenerateOptions, 'signal' | 'abandon' | 'onEvent'>,
  ): Promise<GenerateReport>
  render(image: PlannedImage, survey: Survey, signal: AbortSignal): Promise<RenderedImage>
}

/** Checks a project against its options and generates missing images; see `Pipeline.fulfil`. */
export async function fulfil(stages: Stages, logger: Logger, signal: AbortSignal): Promise<Survey> {
  const survey = await stages.survey()
  const { plan } = survey
  const { mode } = stages.options
  const problem = manifestError(survey.problems)
  if (problem !== undefined) throw problem
  warn(survey, logger)
  if (mode === 'placeholder') return survey

  const stuck = await withoutRenditions(imagesIn(plan, 'unavailable'), stages, survey, signal)
  const others = imagesIn(plan, 'unusable', 'blocked')
  if (stuck.length + others.length > 0) throw unavailableError([...stuck, ...others])
  const missing = imagesIn(plan, 'missing')
  if (missing.length === 0) return survey
  if (mode === 'frozen') throw missingError(missing, plan.jobs)
  stages.hold(plan.jobs)

  logger.info(`Asking for ${describeBill(plan.jobs)}.`)
  const log = createRunLog(plan.jobs, logger)
  const report = await stages
    .generate(survey, plan.jobs, { signal, abandon: signal, onEvent: (event) => log.tell(event) })
    .finally(() => log.end())
  if (report.failures.length > 0 || report.remaining.length > 0) throw failedError(report)
  return stages.survey()
}

/** Returns the unavailable images that cannot be rendered. Cached renditions are enough, because they need no original. */
async function withoutRenditions(
  images: readonly PlannedImage[],
  stages: Stages,
  survey: Survey,
  signal: AbortSignal,
): Promise<PlannedImage[]> {
  const stuck: PlannedImage[] = []
  for (const image of images) {
    try {
      await stages.render(image, survey, signal)
      for (const crop of mediaOf(image, survey)) {
        if (crop.image.entry.id !== image.entry.id) continue
        await stages.render(crop.image, survey, signal)
      }
    } catch (error) {
      if (!(error instanceof ImagegenError) || error.code === 'aborted') throw error
      stuck.push(image)
    }
  }
  return stuck
}

/** Logs what does not stop a build but needs attention. */
function warn({ withoutAlt, plan }: Survey, logger: Logger): void {
  const shown = withoutAlt.slice(0, 10).map((entry) => {
    const { file, line } = placeOf(entry.manifest, entry.path, 'key')
    return `${inOneLine(file)}:${line} ${entry.name}`
  })
  if (shown.length > 0) {
    const rest = withoutAlt.length - shown.length
    logger.warn(
      `No text alternative (\`alt:\`; \`""\` for decoration):\n  ${shown.join('\n  ')}${rest > 0 ? `\n  and ${rest} more` : ''}`,
    )
  }
  for (const { entry, reason } of imagesIn(plan, 'outdated')) {
    logger.warn(
      `${inOneLine(entry.id)} is outdated: ${sentence(reason)}. It is used as it is; \`imagegen generate --outdated\` regenerates it.`,
    )
  }
}

/** The error for a run with failures: what failed, and how to continue. */
export function failedError({ generated, failures, remaining }: GenerateReport): ImagegenError {
  const failed = failures.reduce((sum, { ids }) => sum + ids.length, 0)
  const open = remaining.reduce((sum, { ids }) => sum + ids.length, 0)
  const aborted = remaining.length > 0 && failures.length === 0
  return new ImagegenError(
    aborted ? 'aborted' : 'provider',
    failures.map(({ problem, code }) => ({
      ...problem,
      message: `${problem.message}${problem.message.includes(code) ? '' : ` (${code})`}`,
    })),
    {
      summary: [
        `${generated.length} images were made, ${failed} failed${open > 0 ? `, ${open} were not requested` : ''}.`,
        'The generated images are in the store. Run `imagegen generate` to continue.',
      ].join('\n'),
    },
  )
}
