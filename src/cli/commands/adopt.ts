import path from 'node:path'
import type { Command } from '../command.ts'
import { oneImage, openProject, soundSurvey } from '../project.ts'
import { tellRewritten } from '../terminal/report.ts'

export const adopt: Command = {
  operands: { usage: 'ID FILE', least: 2, most: 2 },
  options: {},
  async run({ operands: [id = '', file = ''] }, output) {
    const pipeline = await openProject(output)
    const survey = await soundSurvey(pipeline)
    const image = oneImage(id, pipeline, survey)
    const rewritten = await pipeline.adopt(image, path.resolve(file), survey)
    tellRewritten(rewritten, survey, pipeline, output)
    if (image.entry.subject.kind === 'generated') {
      output.logger.info(
        'The old prompt is now a comment. To go back, uncomment it and remove `source`: the generated image is still in the store.',
      )
    }
    return 0
  },
}
