import { type ResolvedOptions, resolveOptions } from '../options.ts'
import {
  createPipeline,
  type EditTarget,
  type Pipeline,
  type PlannedImage,
  type Survey,
} from '../pipeline.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { Output } from './terminal/output.ts'
import { listed } from './terminal/report.ts'

/** Resolves the options of the project in the working directory. From then on, the output conceals its secrets. */
export async function openOptions(output: Output): Promise<ResolvedOptions> {
  const options = await resolveOptions({
    start: process.cwd(),
    // Only builds, dev servers and `imagegen types` write types.
    inline: { types: false },
    mode: process.env['NODE_ENV'] || 'production',
    // CI's default mode applies to builds, not to explicit commands.
    isBuild: false,
    environment: process.env,
  })
  output.conceal(options.secrets)
  return options
}

/**
 * Opens the project in the working directory.
 *
 * @param purpose `look` for a command that does not change the store.
 */
export async function openProject(
  output: Output,
  purpose: 'make' | 'look' = 'make',
): Promise<Pipeline> {
  return createPipeline(await openOptions(output), output.logger, undefined, purpose)
}

/** Opens the project with its remote store, even in placeholder mode, which does not use one. */
export async function openSharedProject(
  output: Output,
  purpose: 'make' | 'look' = 'make',
): Promise<Pipeline> {
  const options = await openOptions(output)
  return createPipeline({ ...options, mode: 'frozen' }, output.logger, undefined, purpose)
}

/**
 * Surveys the project and fails on errors in manifests.
 *
 * @throws ImagegenError with code `manifest`.
 */
export async function soundSurvey(pipeline: Pipeline): Promise<Survey> {
  const survey = await pipeline.survey()
  const problems = [...survey.problems.values()].flat()
  if (problems.length > 0) throw new ImagegenError('manifest', problems)
  return survey
}

/**
 * Surveys the project for an edit, and fails on errors in manifests, but for a `pick` that fits no candidate: an edit is
 * how it is repaired.
 *
 * @throws ImagegenError with code `manifest`.
 */
export async function editableSurvey(pipeline: Pipeline): Promise<Survey> {
  const survey = await pipeline.survey()
  const misfits = new Set(survey.plan.misfits.values())
  const problems = [...survey.problems.values()].flat().filter((problem) => !misfits.has(problem))
  if (problems.length > 0) throw new ImagegenError('manifest', problems)
  return survey
}

/**
 * Finds what an id or a name means to an edit: one image, or the entry of a matrix by its name as written.
 *
 * @throws ImagegenError with code `usage` if no image or more than one matches.
 */
export function editTarget(
  id: string,
  pipeline: Pipeline,
  survey: Survey,
  output: Output,
): EditTarget {
  const isWritten = id.includes('${')
  return pipeline.target(survey, isWritten ? id : oneImage(id, pipeline, survey, output).entry.id)
}

/**
 * Finds the one image with an id or a name.
 *
 * @throws ImagegenError with code `usage` if several images match.
 */
function oneImage(id: string, pipeline: Pipeline, survey: Survey, output: Output): PlannedImage {
  const { images } = pipeline.select(survey, [id])
  const [image] = images.filter(({ entry }) => entry.id === id).concat(images)
  if (image !== undefined && (images.length === 1 || image.entry.id === id)) return image
  const ids = listed(
    images.map(({ entry }) => entry.id),
    output.isInteractive,
    (more) => `${more} more`,
  )
  throw new ImagegenError('usage', {
    message: `\`${id}\` matches ${images.length} images: ${ids.join(', ')}.`,
    hint: 'Use the id of one of them.',
  })
}
