import type { Pipeline, Survey } from '../pipeline.ts'
import type { Output } from './terminal/output.ts'
import { summaryText } from './terminal/report.ts'
import { inOneLine } from '../shared/plain-text.ts'

type Rewritten = Awaited<ReturnType<Pipeline['reroll']>>

/** Says what was written, which images it concerns, and what has to be made because of it. */
export function tellRewritten(
  { manifest, ids, edit, survey }: Rewritten,
  before: Survey,
  pipeline: Pipeline,
  output: Output,
): void {
  output.result(`${inOneLine(manifest)}: \`${edit.field}: ${edit.value}\``)
  if (ids.length > 1) {
    output.logger.warn(
      `These images share it:\n${ids.map((id) => `  ${inOneLine(id)}`).join('\n')}`,
    )
  }
  const missing = survey.plan.images
    .filter(
      ({ entry, state }) => state === 'missing' && before.images.get(entry.id)?.state !== state,
    )
    .map(({ entry }) => entry.id)
  if (missing.length === 0) return
  const { summary } = pipeline.select(survey, missing)
  output.logger.info(`Missing now: ${missing.map(inOneLine).join(', ')}.`)
  output.logger.info(`${summaryText(summary)} \`imagegen generate\` makes what is missing.`)
}
