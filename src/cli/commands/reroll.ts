import { JSON_OPTION, type Command } from '../command.ts'
import { oneImage, openProject, soundSurvey } from '../project.ts'
import { tellRewritten } from '../terminal/report.ts'

export const reroll: Command = {
  operands: { usage: 'ID', least: 1, most: 1 },
  options: JSON_OPTION,
  examples: [
    {
      line: 'src/cast.image.yaml#kira',
      about: 'write a new revision, so that the next run makes another image',
    },
    { line: 'kira', about: 'the name alone works if one image has it' },
  ],
  async run(given, output) {
    const [id = ''] = given.operands
    const pipeline = await openProject(output)
    pipeline.checkFingerprint()
    const survey = await soundSurvey(pipeline)
    const image = oneImage(id, pipeline, survey)
    const rewritten = await pipeline.reroll(image, survey)
    tellRewritten(rewritten, survey, pipeline, given.flag('json'), output)
    const seed = image.made?.subject.seed
    if (seed !== undefined) {
      output.logger.warn(
        `The image has \`seed: ${seed}\`: with the same seed, the model may generate a similar image. Change or remove the seed.`,
      )
    }
    return 0
  },
}
