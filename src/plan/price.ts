import type { ResolvedModel } from '../model/resolved-model.ts'
import { expectedSize, type Recipe } from './recipe.ts'

/** What one picture of a recipe costs, USD; null where nobody knows. */
export function priceOfOne(recipe: Recipe, model: ResolvedModel): number | null {
  const { price } = model
  if (typeof price !== 'function') return price ?? null
  const pixels = expectedSize(recipe, model)
  return (
    price({
      size: pixels === undefined ? undefined : `${pixels.width}x${pixels.height}`,
      references: recipe.references?.length ?? 0,
    }) ?? null
  )
}
