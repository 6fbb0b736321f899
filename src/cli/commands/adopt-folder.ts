import type { AdoptHow, Adoption, Pairing, Pipeline, Survey } from '../../pipeline.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { count, inOneLine, sentence } from '../../shared/plain-text.ts'
import { isConfirmed } from '../consent.ts'
import { soundSurvey } from '../project.ts'
import type { Output } from '../terminal/output.ts'
import { listed, missingNow, tellMissing } from '../terminal/report.ts'

/** How a folder is adopted. */
export interface FolderHow extends AdoptHow {
  /** Whether the user agreed with `--yes`. */
  readonly isAgreed: boolean
  /** Whether the result is printed as JSON. */
  readonly isJson: boolean
}

/** An image that adopted a picture. */
interface Adopted {
  readonly id: string
  readonly adoption: Adoption
}

/**
 * Adopts every picture of a folder by image name, after showing the pairs.
 *
 * @param folder absolute.
 * @returns the exit code.
 * @throws ImagegenError with code `usage` where the user cannot be asked and has not agreed.
 */
export async function adoptFolder(
  folder: string,
  pipeline: Pipeline,
  how: FolderHow,
  output: Output,
): Promise<number> {
  const survey = await soundSurvey(pipeline)
  const pairing = await pipeline.pairFolder(folder, survey)
  tellPairing(pairing, output)
  const { pairs } = pairing
  if (pairs.length > 0 && !how.isAgreed) {
    if (!output.isInteractive) throw cannotAsk(pairs.length)
    if (!(await isConfirmed(`Adopt ${count(pairs.length, 'picture')}? Nothing is paid.`))) {
      output.logger.info('Declined: nothing was changed.')
      return 130
    }
  }
  const { adopted, failed, after } = await adoptAll(pairing, survey, pipeline, how)
  for (const { id, error } of failed) {
    for (const problem of error.problems) {
      output.problem({ ...problem, message: `${id}: ${problem.message}` })
    }
  }
  const missing = missingNow(after, survey)
  if (how.isJson) output.json(resultJson(pairing, adopted, failed, missing))
  else {
    output.result(
      `${count(adopted.length, 'picture')} adopted, ${pairing.adopted.length} adopted before, ${failed.length} failed. Nothing was paid.`,
    )
  }
  tellMissing(missing, after, pipeline, output)
  return failed.length === 0 ? 0 : 1
}

interface Failed {
  readonly id: string
  readonly error: ImagegenError
}

async function adoptAll(
  { pairs }: Pairing,
  before: Survey,
  pipeline: Pipeline,
  how: FolderHow,
): Promise<{
  readonly adopted: readonly Adopted[]
  readonly failed: readonly Failed[]
  readonly after: Survey
}> {
  const adopted: Adopted[] = []
  const failed: Failed[] = []
  let survey = before
  for (const { file, image } of pairs) {
    const { id } = image.entry
    try {
      const now = survey.images.get(id) ?? image
      const adoption = await pipeline.adoptFile(now, { kind: 'file', file }, survey, how)
      adopted.push({ id, adoption })
      survey = adoption.survey
    } catch (error) {
      if (!(error instanceof ImagegenError) || error.code === 'aborted') throw error
      failed.push({ id, error })
    }
  }
  return { adopted, failed, after: survey }
}

function tellPairing({ pairs, adopted, unmatched, without }: Pairing, output: Output): void {
  // All of them: this is what the user agrees to.
  for (const { file, image } of pairs) {
    output.logger.info(`${inOneLine(file)} → ${inOneLine(image.entry.id)}`)
  }
  if (adopted.length > 0) output.logger.info(`${count(adopted.length, 'picture')} in use already.`)
  const files = unmatched.map(({ file, reason }) => `  ${inOneLine(file)}: ${sentence(reason)}`)
  if (files.length > 0) output.logger.warn(`${count(files.length, 'file')} without an image:`)
  for (const line of listed(files, output.isInteractive)) output.logger.info(line)
  const images = without.map(({ entry }) => `  ${inOneLine(entry.id)}`)
  if (images.length > 0) output.logger.info(`${count(images.length, 'image')} without a file:`)
  for (const line of listed(images, output.isInteractive)) output.logger.info(line)
}

function resultJson(
  { adopted: before, unmatched, without }: Pairing,
  adopted: readonly Adopted[],
  failed: readonly Failed[],
  missing: readonly string[],
): object {
  return {
    version: 1,
    adopted: adopted.map(({ id, adoption: { file, rewritten } }) => {
      const [field = null, value = null] = Object.entries(rewritten?.changes ?? {})[0] ?? []
      return { id, file, field, value }
    }),
    unchanged: before.map(({ image }) => image.entry.id),
    failed: failed.map(({ id, error }) => ({ id, message: error.message })),
    unmatched,
    without: without.map(({ entry }) => entry.id),
    missing,
  }
}

function cannotAsk(pairs: number): ImagegenError {
  return new ImagegenError('usage', {
    message: `\`imagegen adopt\` cannot ask whether to adopt ${count(pairs, 'picture')}: the terminal is not interactive.`,
    hint: 'Add `--yes`.',
  })
}
