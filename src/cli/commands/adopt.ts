import path from 'node:path'
import { JSON_OPTION, type Command } from '../command.ts'
import { oneImage, openProject, soundSurvey } from '../project.ts'
import { tellRewritten } from '../terminal/report.ts'

export const adopt: Command = {
  operands: { usage: 'ID FILE', least: 2, most: 2 },
  options: {
    ...JSON_OPTION,
    'keep-prompt': {
      about: 'keep the prompt: the file becomes one more candidate of the image and is picked',
    },
    edited: { about: 'as --keep-prompt, for a generated picture that you edited by hand' },
  },
  examples: [
    {
      line: 'src/cast.image.yaml#kira ~/kira.png',
      about: 'use this file instead of generating the image',
    },
    {
      line: 'kira retouched.png --edited',
      about: 'use an edited picture as a candidate; the name alone works if one image has it',
    },
  ],
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
    const isJson = given.flag('json')
    if (rewritten !== undefined) tellRewritten(rewritten, survey, pipeline, isJson, output)
    else if (isJson) {
      const { manifest } = image.entry
      output.json({
        version: 1,
        manifest: manifest.path,
        ids: [image.entry.id],
        field: null,
        value: null,
        missing: [],
        usd: 0,
      })
    } else output.result(`${image.entry.id}: ${adoption.file}`)
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
