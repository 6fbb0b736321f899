import { type ResolvedOptions, resolveOptions } from '../options.ts'
import { type Pipeline, type Survey, createPipeline } from '../pipeline.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { Output } from './terminal/output.ts'

/** The options of the project around the working directory. Its secrets are concealed from here on. */
export async function openOptions(output: Output): Promise<ResolvedOptions> {
  const options = await resolveOptions({
    start: process.cwd(),
    // What only reads, or makes pictures, leaves no types: builds, dev servers and `imagegen types` do.
    inline: { types: false },
    mode: process.env['NODE_ENV'] || 'production',
    // The default for builds in CI binds no command that says what it does.
    isBuild: false,
    environment: process.env,
  })
  output.conceal(options.secrets)
  return options
}

/** @param purpose `look`: the command leaves the store as it is. */
export async function openProject(
  output: Output,
  purpose: 'make' | 'look' = 'make',
): Promise<Pipeline> {
  return createPipeline(await openOptions(output), output.logger, undefined, purpose)
}

/** The project with its remote store, which a mode that draws stand-ins does without. */
export async function openSharedProject(
  output: Output,
  purpose: 'make' | 'look' = 'make',
): Promise<Pipeline> {
  const options = await openOptions(output)
  return createPipeline({ ...options, mode: 'frozen' }, output.logger, undefined, purpose)
}

/**
 * A survey without errors in manifests.
 *
 * @throws ImagegenError with code `manifest`.
 */
export async function soundSurvey(pipeline: Pipeline): Promise<Survey> {
  const survey = await pipeline.survey()
  const problems = [...survey.problems.values()].flat()
  if (problems.length > 0) throw new ImagegenError('manifest', problems)
  return survey
}

type PlannedImage = Survey['plan']['images'][number]

/**
 * The one image that an id or a name means.
 *
 * @throws ImagegenError with code `usage` where it means several.
 */
export function oneImage(id: string, pipeline: Pipeline, survey: Survey): PlannedImage {
  const { images } = pipeline.select(survey, [id])
  const [image] = images.filter(({ entry }) => entry.id === id).concat(images)
  if (image !== undefined && (images.length === 1 || image.entry.id === id)) return image
  throw new ImagegenError('usage', {
    message: `\`${id}\` means ${images.length} images: ${images.map(({ entry }) => entry.id).join(', ')}.`,
    hint: 'Give the id of one.',
  })
}
