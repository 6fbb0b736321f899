import type { Pipeline, Survey } from '../pipeline.ts'
import { overlookedBy } from '../pipeline/overlooked.ts'
import { inOneLine } from '../shared/plain-text.ts'
import type { Output } from './terminal/output.ts'

/** The most file names in a message. */
const SHOWN = 5

/** Warns about files that look like manifests but are not read, and about a project without manifests. */
export function warnOfOverlooked(survey: Survey, { options }: Pipeline, { logger }: Output): void {
  const { notIncluded, misnamed } = overlookedBy(survey, options)
  if (misnamed.length > 0) {
    logger.warn(
      `${listed(misnamed)} ${misnamed.length === 1 ? 'looks' : 'look'} like a manifest and is not read: the name of a manifest ends with \`.image.yaml\` or \`.image.yml\`.`,
    )
  }
  if (survey.manifests.length > 0) return
  logger.warn(
    notIncluded.length === 0
      ? `No manifest was found below ${inOneLine(options.root)}. A manifest is a file named \`*.image.yaml\`; \`npx unplugin-imagegen init\` writes a first one.`
      : `No manifest was found below ${inOneLine(options.root)}: the options \`include\` and \`exclude\` leave out ${listed(notIncluded)}.`,
  )
}

function listed(files: readonly string[]): string {
  const shown = files.slice(0, SHOWN).map(inOneLine).join(', ')
  return files.length > SHOWN ? `${shown} and ${files.length - SHOWN} more` : shown
}
