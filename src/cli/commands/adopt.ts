import path from 'node:path'
import type { Command } from '../command.ts'
import { oneImage, openProject, soundSurvey } from '../project.ts'
import { tellRewritten } from '../terminal/report.ts'

export const adopt: Command = {
  operands: { usage: 'ID FILE', least: 2, most: 2 },
  options: {
    'keep-prompt': {
      about: 'keep the prompt: the file becomes one more candidate of the image and is picked',
    },
    edited: { about: 'as --keep-prompt, for a generated picture that you edited by hand' },
  },
  async run(given, output) {
    const [id = '', file = ''] = given.operands
    const pipeline = await openProject(output)
    const survey = await soundSurvey(pipeline)
    const image = oneImage(id, pipeline, survey)
    const isEdited = given.flag('edited')
    const keepPrompt = isEdited || given.flag('keep-prompt')
    const adoption = await pipeline.adoptFile(
      image,
      { kind: 'file', file: path.resolve(file) },
      survey,
      {
        keepPrompt,
        origin: isEdited ? 'edited' : 'elsewhere',
        signal: new AbortController().signal,
      },
    )
    const { rewritten, removed } = adoption
    if (rewritten === undefined) output.result(`${image.entry.id}: ${adoption.file}`)
    else tellRewritten(rewritten, survey, pipeline, output)
    if (removed !== undefined) {
      output.logger.info(`Removed ${removed}, the copy of the picture that you adopted before.`)
    }
    if (!keepPrompt && rewritten !== undefined && image.entry.subject.kind === 'generated') {
      output.logger.info(
        'The old prompt is now a comment. To go back, uncomment it and remove `source`: the generated image is still in the store.',
      )
    }
    return 0
  },
}
