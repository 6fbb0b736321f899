import type { ResolvedModel } from '../model/resolved-model.ts'
import { expectedSize, type Recipe } from './recipe.ts'

/** The price of one image of a recipe in USD; null if it is unknown. */
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
