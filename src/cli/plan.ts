import { JSON_OPTION, type Command } from './command.ts'
import { openOptions, openProject, soundSurvey } from './project.ts'
import { planJson, planText } from './report.ts'

export const plan: Command = {
  args: {
    images: {
      type: 'positional',
      required: false,
      description: 'Ids, names or globs; all images where none is given',
    },
    ...JSON_OPTION,
    check: { type: 'boolean', description: 'Exit with 3 where anything is missing' },
  },
  async run(args, output) {
    const pipeline = openProject(await openOptions(), output)
    const survey = await soundSurvey(pipeline)
    const { images, summary } = pipeline.select(survey, args._)
    output.result(
      args['json'] === true
        ? JSON.stringify(planJson(images, summary), undefined, 2)
        : planText(images, summary, output),
    )
    if (args['check'] !== true) return 0
    if (summary.missing + summary.blocked > 0) return 3
    return summary.unavailable > 0 ? 1 : 0
  },
}
