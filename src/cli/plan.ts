import { IMAGES, JSON_OPTION, type Command } from './command.ts'
import { openProject, soundSurvey } from './project.ts'
import { planJson, planText } from './report.ts'

export const plan: Command = {
  operands: IMAGES,
  options: { ...JSON_OPTION, check: { about: 'exit with 3 where anything is missing' } },
  async run(given, output) {
    const pipeline = await openProject(output)
    const survey = await soundSurvey(pipeline)
    const { images, summary } = pipeline.select(survey, given.operands)
    if (given.flag('json')) output.json(planJson(images, summary))
    else output.result(planText(images, summary, output))
    if (!given.flag('check')) return 0
    if (summary.missing > 0) return 3
    return summary.unavailable + summary.blocked > 0 ? 1 : 0
  },
}
