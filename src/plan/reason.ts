import { canonicalJson } from '../shared/hash.ts'
import { labelOf, RECIPE_PARTS, type Recipe } from './recipe.ts'

/**
 * Why no original of a recipe is there: the least that was changed since one that had the same name.
 *
 * @param earlier recipes of originals with the entry's name.
 */
export type MissingReason = (recipe: Recipe, earlier: readonly Recipe[]) => string

/** Recipes never change, and are compared again and again: what they look like as text is remembered. */
export function createMissingReason(): MissingReason {
  const texts = new WeakMap<object, string>()

  // Of any kind: a receipt may hold what a recipe never has.
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
