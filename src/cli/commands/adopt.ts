import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ManifestEdit } from '../../pipeline.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { inOneLine, sentence } from '../../shared/plain-text.ts'
import { JSON_OPTION, type Command } from '../command.ts'
import { mayChange } from '../edit-consent.ts'
import { editTarget, openProject, soundSurvey } from '../project.ts'
import { tellEdit } from '../terminal/report.ts'
import { adoptFolder } from './adopt-folder.ts'

export const adopt: Command = {
  operands: { usage: 'ID FILE, or DIR', least: 1, most: 2 },
  options: {
    ...JSON_OPTION,
    'keep-prompt': {
      about: 'keep the prompt: the file becomes one more candidate of the image and is picked',
    },
    yes: {
      about:
        'do not ask: before the pictures of a folder, or before an edit that changes several images',
    },
    edited: { about: 'as --keep-prompt, for a generated picture that you edited by hand' },
  },
  examples: [
    {
      line: 'src/cast.image.yaml#kira ~/kira.png',
      about: 'use this file instead of generating the image',
    },
    {
      line: 'retouched --edited',
      about: 'use every picture of a folder as a candidate of the image of that name',
    },
  ],
  async run(given, output) {
    const [id = '', file] = given.operands
    const isJson = given.flag('json')
    const isEdited = given.flag('edited')
    const how = {
      keepPrompt: isEdited || given.flag('keep-prompt'),
      origin: isEdited ? 'edited' : 'elsewhere',
      signal: new AbortController().signal,
      mayChange: (edit: ManifestEdit) => mayChange(edit, given.flag('yes'), output),
    } as const
    const pipeline = await openProject(output)
    if (how.keepPrompt) pipeline.checkFingerprint()
    if (file === undefined) {
      if (!existsSync(id)) throw notAFolder(id)
      const isAgreed = given.flag('yes')
      return adoptFolder(path.resolve(id), pipeline, { ...how, isAgreed, isJson }, output)
    }
    const survey = await soundSurvey(pipeline)
    const { images, place } = editTarget(id, pipeline, survey, output)
    const [image] = images
    const wholeEntry = place.combination !== image.entry.combination
    const picture = { kind: 'file', file: path.resolve(file) } as const
    const adoption = await pipeline.adoptFile(image, picture, survey, { ...how, wholeEntry })
    const { rewritten, removed } = adoption
    if (rewritten !== undefined) tellEdit(rewritten, pipeline, isJson, output)
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
    } else output.result(`${inOneLine(image.entry.id)}: ${inOneLine(adoption.file)}`)
    if (removed !== undefined) {
      output.logger.info(
        `Removed ${inOneLine(removed)}, the copy of the picture that you adopted before.`,
      )
    }
    const now = adoption.survey.images.get(image.entry.id)
    if (now?.state === 'missing') {
      output.logger.info(`${inOneLine(image.entry.id)} is still missing: ${sentence(now.reason)}.`)
    }
    if (!how.keepPrompt && rewritten !== undefined && image.entry.subject.kind === 'generated') {
      output.logger.info(
        'The old prompt is now a comment. To go back, uncomment it and remove `source`: the generated image is still in the store.',
      )
    }
    return 0
  },
}

function notAFolder(operand: string): ImagegenError {
  return new ImagegenError('usage', {
    message: `\`imagegen adopt\` takes an image and a file, or a folder: there is no folder \`${operand}\`.`,
    hint: 'Write `imagegen adopt ID FILE` to use a file for one image.',
  })
}
