import { JSON_OPTION, type Command } from '../command.ts'
import { mayChange, SHARED_EDIT_OPTION } from '../edit-consent.ts'
import { editableSurvey, editTarget, openProject } from '../project.ts'
import { tellEdit } from '../terminal/report.ts'

export const reroll: Command = {
  operands: { usage: 'ID', least: 1, most: 1 },
  options: { ...JSON_OPTION, ...SHARED_EDIT_OPTION },
  examples: [
    {
      line: 'src/cast.image.yaml#kira',
      about: 'write a new revision, so that the next run makes another image',
    },
    { line: "'tile-${season}' --yes", about: 'the same for every combination of a matrix' },
  ],
  async run(given, output) {
    const [id = ''] = given.operands
    const pipeline = await openProject(output)
    pipeline.checkFingerprint()
    const survey = await editableSurvey(pipeline)
    const target = editTarget(id, pipeline, survey, output)
    const edit = await pipeline.reroll(survey, target.id)
    if (!(await mayChange(edit, given.flag('yes'), output))) {
      output.logger.info('Declined: nothing was written.')
      return 130
    }
    await pipeline.write(edit)
    tellEdit(edit, pipeline, given.flag('json'), output)
    const [first = ''] = edit.ids
    const seed = survey.images.get(first)?.made?.subject.seed
    if (seed !== undefined) {
      output.logger.warn(
        `The image has \`seed: ${seed}\`: with the same seed, the model may generate a similar image. Change or remove the seed.`,
      )
    }
    return 0
  },
}
