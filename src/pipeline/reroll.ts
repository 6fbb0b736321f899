import type { PlannedImage } from '../plan/plan.ts'
import { recipeKey } from '../plan/recipe.ts'
import { ImagegenError } from '../shared/errors.ts'
import { imagesSharing } from './rewrite.ts'
import type { Survey } from './survey.ts'

/**
 * Returns the next unused revision of an image. A revision that was used before would bring back its old image.
 *
 * @throws ImagegenError with code `usage` for an image with `source`.
 */
export function nextRevision(image: PlannedImage, survey: Survey): number {
  const made = imagesSharing(image, survey).flatMap((other) => other.made ?? [])
  if (made.length === 0) {
    throw new ImagegenError('usage', {
      message: `${image.entry.id} is a file made by hand: there is no prompt to generate it from.`,
      hint: 'Remove its `source` and add a `prompt`.',
    })
  }
  let revision = Math.max(...made.map(({ recipe }) => recipe.revision ?? 0)) + 1
  while (made.some(({ recipe }) => isKnown(recipeKey({ ...recipe, revision }), survey))) {
    revision += 1
  }
  return revision
}

function isKnown(key: string, { snapshot }: Survey): boolean {
  const { candidates, problems } = snapshot.lookup(key)
  return candidates.length + problems.length > 0
}
