import { ImagegenError } from '../../shared/errors.ts'
import type { ManifestEdit } from './manifest-edit.ts'

/**
 * Lets an edit pass that changes one image, or one that the user agrees to.
 *
 * @param mayChange asks the user; left out: an edit of several images is refused.
 * @throws ImagegenError with code `usage` or `aborted`.
 */
export async function agreeOnEdit(
  edit: ManifestEdit,
  mayChange: ((edit: ManifestEdit) => Promise<boolean>) | undefined,
): Promise<void> {
  if (edit.ids.length <= 1) return
  if (mayChange === undefined) {
    throw new ImagegenError('usage', {
      message: `${edit.id} shares its fields: this would change ${edit.ids.join(', ')}.`,
      hint: 'Edit the manifest by hand.',
    })
  }
  if (await mayChange(edit)) return
  throw new ImagegenError('aborted', { message: 'Declined: nothing was written.' })
}
