import type { ManifestEdit } from '../pipeline.ts'
import { ImagegenError } from '../shared/errors.ts'
import { count, inOneLine } from '../shared/plain-text.ts'
import type { Option } from './terminal/arguments.ts'
import type { Output } from './terminal/output.ts'
import { isConfirmed } from './consent.ts'
import { listed } from './terminal/report.ts'

/** The option of commands that edit a manifest. */
export const SHARED_EDIT_OPTION: { readonly yes: Option } = {
  yes: { about: 'do not ask before several images are changed, because they share what is edited' },
}

/**
 * Asks before an edit that changes several images, because they share the entry, an anchor, or a `pick`.
 *
 * @throws ImagegenError with code `usage` if there is no terminal to ask in.
 */
export async function mayChange(
  { id, ids, written }: ManifestEdit,
  isAgreed: boolean,
  output: Output,
): Promise<boolean> {
  if (ids.length <= 1) return true
  const lines = ids.map((each) => `  ${inOneLine(each)}`)
  const list = listed(lines, output.isInteractive).join('\n')
  if (!isAgreed && !output.isInteractive) {
    throw new ImagegenError('usage', {
      message: `${inOneLine(written)} for ${inOneLine(id)} changes ${count(ids.length, 'image')}:\n${list}`,
      hint: 'Nothing was written. Add `--yes` to change all of them, or name one image by its id.',
    })
  }
  output.logger.warn(
    `${inOneLine(written)} for ${inOneLine(id)} changes ${count(ids.length, 'image')}:\n${list}`,
  )
  return isAgreed || isConfirmed(`Change ${count(ids.length, 'image')}?`)
}
