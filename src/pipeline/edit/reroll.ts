import type { MadeImage } from '../../plan/planned-image.ts'
import { recipeKey } from '../../plan/recipe.ts'
import { ImagegenError } from '../../shared/errors.ts'
import type { Store } from '../../store/store.ts'
import type { EditTarget } from './edit-target.ts'
import type { ManifestEdit } from './manifest-edit.ts'
import { propose, type ProposeAround } from './propose.ts'
import type { Survey } from '../survey.ts'

/**
 * Plans a new `revision`, the next unused one: a revision that was used before would bring back its old image.
 *
 * @throws ImagegenError with code `usage` for an image with `source`, otherwise as `propose`.
 */
export async function proposeReroll(
  target: EditTarget,
  survey: Survey,
  store: Pick<Store, 'readKey'>,
  around: ProposeAround,
): Promise<ManifestEdit> {
  const made = target.images.flatMap((image) => image.made ?? [])
  if (made.length === 0) {
    throw new ImagegenError('usage', {
      message: `${target.id} is a file made by hand: there is no prompt to generate it from.`,
      hint: 'Remove its `source` and add a `prompt`.',
    })
  }
  const revision = await nextRevision(made, store)
  return propose(target, { changes: { revision } }, survey, around)
}

async function nextRevision(
  made: readonly MadeImage[],
  store: Pick<Store, 'readKey'>,
): Promise<number> {
  let revision = Math.max(...made.map(({ recipe }) => recipe.revision ?? 0)) + 1
  while (await isKnown(made, revision, store)) revision += 1
  return revision
}

async function isKnown(
  made: readonly MadeImage[],
  revision: number,
  store: Pick<Store, 'readKey'>,
): Promise<boolean> {
  for (const { recipe } of made) {
    const key = recipeKey({ ...recipe, revision })
    const { candidates, problems, unusable } = await store.readKey({ key, candidates: 1 })
    if (candidates.length + problems.length + unusable.length > 0) return true
  }
  return false
}
