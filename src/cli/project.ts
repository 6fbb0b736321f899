import { isContinuousIntegration } from '../options/environment.ts'
import { resolveOptions, type ResolvedOptions } from '../options.ts'
import { createPipeline, type Pipeline, type Survey } from '../pipeline.ts'
import { ImagegenError } from '../shared/errors.ts'
import { redacting } from '../shared/logger.ts'
import type { Output } from './output.ts'

/** The options of the project around the working directory. */
export async function openOptions(): Promise<ResolvedOptions> {
  return resolveOptions({
    start: process.cwd(),
    inline: {},
    mode: process.env['NODE_ENV'] ?? 'production',
    isBuild: isContinuousIntegration(process.env),
    environment: process.env,
  })
}

/** The project around the working directory, with the budget that holds for this command. */
export function openProject(
  options: ResolvedOptions,
  output: Output,
  budget: ResolvedOptions['budget'] = options.budget,
): Pipeline {
  return createPipeline({ ...options, budget }, redacting(output.logger, options.secrets))
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
