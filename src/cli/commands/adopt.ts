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
        'A prompt that stood there is a comment now. To go back, take its marks away and `source` out: the picture is still in the store.',
      )
    }
    return 0
  },
}
