import path from 'node:path'
import type { Pipeline, Survey } from '../pipeline.ts'
import { leftOutBy, overlookedBy } from '../pipeline/overlooked.ts'
import { inOneLine } from '../shared/plain-text.ts'
import type { Output } from './terminal/output.ts'

/** The most file names in a message. */
const SHOWN = 5

/**
 * Warns about files that look like manifests but are not read, and about a project without manifests.
 *
 * @param asked the ids and globs of the command: one that names a file that is not read is explained.
 */
export function warnOfOverlooked(
  survey: Survey,
  { options }: Pipeline,
  { logger }: Output,
  asked: readonly string[],
): void {
  const { notIncluded, misnamed } = overlookedBy(survey, options)
  if (misnamed.length > 0) logger.warn(misnamedText(misnamed))
  const withImages = survey.manifests.filter(({ content }) => content.form !== 'style')
  if (withImages.length > 0) {
    const meant = notIncluded.filter((file) => asked.some((text) => names(text, file)))
    if (meant.length > 0) {
      logger.warn([`${listed(meant)}: not read.`, ...reasons(meant, options)].join('\n'))
    }
    return
  }
  const below = `below ${inOneLine(options.root)}`
  if (notIncluded.length > 0) {
    logger.warn(
      [
        `No manifest was found ${below}: the options \`include\` and \`exclude\` leave out ${listed(notIncluded)}.`,
        ...reasons(notIncluded, options),
      ].join('\n'),
    )
    return
  }
  if (survey.manifests.length > 0) {
    const names = survey.manifests.map((manifest) => manifest.path)
    logger.warn(
      `No manifest with images was found ${below}: ${listed(names)} ${names.length === 1 ? 'is a style' : 'are styles'}. Write a manifest that extends ${names.length === 1 ? 'it' : 'one of them'} and lists \`images:\`.`,
    )
    return
  }
  logger.warn(
    misnamed.length > 0
      ? `No manifest was found ${below}.`
      : `No manifest was found ${below}. A manifest is a file named \`*.image.yaml\`; \`npx unplugin-imagegen init\` writes a first one. In another folder? Run the command in the folder of imagegen.config.*, or of the package.json.`,
  )
}

/** Whether an id or a path means a file. */
function names(text: string, file: string): boolean {
  const [named = ''] = text.replace(/^\.\//, '').split('#')
  return named !== '' && (named === file || named === path.posix.basename(file))
}

function misnamedText(files: readonly string[]): string {
  const [first = ''] = files
  const looks = files.length === 1 ? 'looks like a manifest and is' : 'look like manifests and are'
  const right = rightName(first)
  const advice =
    files.length === 1
      ? `Rename it to ${inOneLine(right)}.`
      : `Rename them: ${inOneLine(first)} to ${inOneLine(right)}, and so on.`
  return `${listed(files)} ${looks} not read: the name of a manifest ends with \`.image.yaml\` or \`.image.yml\`. ${advice}`
}

/** `art/hero.images.yaml` becomes `art/hero.image.yaml`. */
function rightName(file: string): string {
  const { dir, base } = path.posix.parse(file)
  const [stem = ''] = base.split(/[._-]?images?(?:\.\w+)*\.\w+$/i)
  return path.posix.join(dir, `${stem === '' ? 'images' : stem}.image.yaml`)
}

/** Says which of the two options leaves out which files, and what to do. */
function reasons(files: readonly string[], options: Pipeline['options']): string[] {
  const { excluded, elsewhere } = leftOutBy(files, options)
  const quoted = (globs: readonly string[]): string =>
    globs.map((glob) => `\`${inOneLine(glob)}\``).join(', ')
  const own = options.exclude.length > SHOWN ? '' : ` (${quoted(options.exclude)})`
  return [
    ...(excluded.length === 0
      ? []
      : [`  \`exclude\`${own} matches ${listed(excluded)}: take it out of \`exclude\`.`]),
    ...(elsewhere.length === 0
      ? []
      : [
          `  \`include\` (${quoted(options.include)}) does not match ${listed(elsewhere)}: move it, or add a glob for its folder.`,
        ]),
  ]
}

function listed(files: readonly string[]): string {
  const shown = files.slice(0, SHOWN).map(inOneLine).join(', ')
  return files.length > SHOWN ? `${shown} and ${files.length - SHOWN} more` : shown
}
