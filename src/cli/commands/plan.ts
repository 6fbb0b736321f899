import { type Command, IMAGES, JSON_OPTION, SHARD_OPTION, shardOf } from '../command.ts'
import { warnOfOverlooked } from '../overlooked.ts'
import { openProject, soundSurvey } from '../project.ts'
import { planJson, planText } from '../terminal/report.ts'

export const plan: Command = {
  operands: IMAGES,
  options: {
    ...JSON_OPTION,
    check: { about: 'exit with 3 if any image is missing' },
    ...SHARD_OPTION,
  },
  examples: [
    { line: '', about: 'what is missing, why, and what it would cost' },
    {
      line: "--check 'src/cast.image.yaml#*'",
      about: 'exit with 3 if an image of one manifest is missing',
    },
  ],
  async run(given, output) {
    const shard = shardOf(given)
    const pipeline = await openProject(output, 'look')
    const survey = await soundSurvey(pipeline)
    warnOfOverlooked(survey, pipeline, output, given.operands)
    const { images, summary } = pipeline.select(survey, given.operands, { shard })
    if (given.flag('json')) output.json(planJson(images, summary))
    else output.result(planText(images, summary, output.showsResults, output))
    if (!given.flag('check')) return 0
    if (summary.missing + summary.unusable > 0) return 3
    return summary.unavailable + summary.blocked > 0 ? 1 : 0
  },
}
