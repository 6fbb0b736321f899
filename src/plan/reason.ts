import { canonicalJson } from '../shared/hash.ts'
import { labelOf, RECIPE_PARTS, type Recipe } from './recipe.ts'

/**
 * Explains why a recipe has no original: the smallest change since an original with the same name.
 *
 * @param earlier the recipes of originals with the entry's name.
 */
export type MissingReason = (recipe: Recipe, earlier: readonly Recipe[]) => string

/** Creates a `MissingReason` that caches the recipes' JSON, because recipes are immutable and compared often. */
export function createMissingReason(): MissingReason {
  const texts = new WeakMap<object, string>()

  // Accepts any value, because a receipt may contain what a valid recipe never does.
  const textOf = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return canonicalJson(value ?? null)
    const text = texts.get(value) ?? canonicalJson(value)
    texts.set(value, text)
    return text
  }

  const changedParts = (recipe: Recipe, other: Recipe): string[] => {
    const changed = RECIPE_PARTS.filter(
      (part) => recipe[part] !== other[part] && textOf(recipe[part]) !== textOf(other[part]),
    )
    return [...new Set(changed.map(labelOf))]
  }

  return (recipe, earlier) => {
    if (earlier.length === 0) return 'new'
    const [least] = earlier
      .map((other) => changedParts(recipe, other))
      .filter((parts) => parts.length > 0)
      .sort((left, right) => left.length - right.length)
    return least === undefined ? 'new' : `${least.join(', ')} changed`
  }
}
