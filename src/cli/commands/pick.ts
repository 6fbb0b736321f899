import type { CandidatePick } from '../../pipeline.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { JSON_OPTION, type Command } from '../command.ts'
import { mayChange, SHARED_EDIT_OPTION } from '../edit-consent.ts'
import { editableSurvey, editTarget, openProject } from '../project.ts'
import { tellEdit } from '../terminal/report.ts'

export const pick: Command = {
  operands: { usage: 'ID NUMBER|DIGEST', least: 2, most: 2 },
  options: { ...JSON_OPTION, ...SHARED_EDIT_OPTION },
  examples: [
    { line: 'src/cast.image.yaml#kira 2', about: 'use the second candidate of the image' },
    {
      line: 'kira 9e107d9d',
      about:
        'the candidate whose file name has these digits; the name alone works if one image has it',
    },
  ],
  async run(given, output) {
    const [id = '', written = ''] = given.operands
    const choice = choiceOf(written)
    const pipeline = await openProject(output)
    pipeline.checkFingerprint()
    const survey = await editableSurvey(pipeline)
    const target = editTarget(id, pipeline, survey, output)
    const edit = await pipeline.pick(survey, target.id, choice)
    const isJson = given.flag('json')
    if (edit.files.length === 0) {
      if (isJson) tellEdit(edit, pipeline, isJson, output)
      else output.result(`${edit.id}: this candidate is in use already. Nothing was written.`)
      return 0
    }
    if (!(await mayChange(edit, given.flag('yes'), output))) {
      output.logger.info('Declined: nothing was written.')
      return 130
    }
    await pipeline.write(edit)
    tellEdit(edit, pipeline, isJson, output)
    return 0
  },
}

function choiceOf(written: string): CandidatePick {
  if (/^[1-9]\d{0,2}$/.test(written)) return Number(written)
  if (/^[0-9a-f]{8,64}$/i.test(written)) return written.toLowerCase()
  throw new ImagegenError('usage', {
    message: `\`${written}\` is no candidate: expected its number from 1, or at least 8 hex digits of its SHA-256.`,
    hint: 'The digits are in the name of its file: `kira.4b1f09c2d3e4a5b6.9e107d9d.jpg`.',
  })
}
