import type { FieldChanges } from '../../manifest/edit/edit.ts'
import { escapeVariables } from '../../manifest/resolve/variables.ts'
import { ImagegenError } from '../../shared/errors.ts'
import type { Store } from '../../store/store.ts'
import { pastRecipe, type PastRecipe } from '../records/past-recipe.ts'
import type { Survey } from '../survey.ts'
import { editTarget, type EditTarget } from './edit-target.ts'
import { joinEdits, type ManifestEdit } from './manifest-edit.ts'
import { proposePick } from './pick.ts'
import { propose, type ProposeAround } from './propose.ts'

/** A picture of the store, as its receipt names it. */
export interface PastPicture {
  /** The key of its recipe. */
  readonly key: string
  readonly sha256: string
}

/**
 * Plans to write what a receipt's recipe says where the image differs from it, and to pick its picture. What edits cannot
 * write (model, references, provider options) stays as it is; the image then has another key than the receipt.
 *
 * @throws ImagegenError with code `usage` if the store has no such picture; otherwise as `propose`.
 */
export async function proposeReturn(
  { id, images: [image] }: EditTarget,
  { key, sha256 }: PastPicture,
  survey: Survey,
  store: Pick<Store, 'readKey'>,
  around: ProposeAround,
): Promise<ManifestEdit> {
  const { candidates } = survey.snapshot.lookup(key)
  const past = candidates.find(({ receipt }) => receipt.sha256 === sha256)
  const recipe = past === undefined ? undefined : pastRecipe(past.receipt)
  if (recipe === undefined) throw noSuchPicture(id)
  const step = (changes: FieldChanges, before: Survey): Promise<ManifestEdit> =>
    propose(editTarget(id, before), { changes }, before, around)
  // Of a hand-made file, the shape in effect is known once it is generated again.
  const isSource = image.made === undefined
  let edit = await step(
    isSource
      ? { source: null, prompt: escapeVariables(recipe.prompt) }
      : differences(image.made.recipe, recipe),
    survey,
  )
  const generated = edit.survey.images.get(id)?.made
  if (isSource && generated !== undefined) {
    edit = joinEdits(edit, await step(differences(generated.recipe, recipe), edit.survey))
  }
  const after = edit.survey.images.get(id)
  if (after?.made?.key !== key || after.picked === sha256) return edit
  const picking = await proposePick(editTarget(id, edit.survey), sha256, edit.survey, store, around)
  return joinEdits(edit, picking)
}

/** The fields to write so that one recipe becomes another. */
function differences(now: PastRecipe, past: PastRecipe): FieldChanges {
  const isReshaped = now.aspectRatio !== past.aspectRatio || now.size !== past.size
  return {
    ...(now.prompt !== past.prompt && { prompt: escapeVariables(past.prompt) }),
    ...(isReshaped && { aspectRatio: past.aspectRatio ?? null, size: past.size ?? null }),
    ...(now.seed !== past.seed && { seed: past.seed ?? null }),
    ...(now.revision !== past.revision && { revision: past.revision ?? null }),
  }
}

function noSuchPicture(id: string): ImagegenError {
  return new ImagegenError('usage', {
    message: `The store has no such picture of ${id} any more.`,
    hint: 'Look at the history again. A picture in the trash has to be restored first.',
  })
}
