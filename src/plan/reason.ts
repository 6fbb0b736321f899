import { canonicalJson } from '../shared/hash.ts'
import type { Recipe } from './recipe.ts'

/** How the parts of a recipe are called towards people. */
const NAMES: Record<keyof Recipe, string> = {
  provider: 'model',
  modelId: 'model',
  prompt: 'prompt',
  aspectRatio: 'size',
  size: 'size',
  seed: 'seed',
  references: 'reference',
  providerOptions: 'provider options',
  revision: 'revision',
}

const PARTS: ReadonlyArray<keyof Recipe> = [
  'prompt',
  'references',
  'revision',
  'seed',
  'aspectRatio',
  'size',
  'providerOptions',
  'provider',
  'modelId',
]

/**
 * Why no original of a recipe is there: the least that was changed since one that had the same name.
 *
 * @param earlier recipes of originals with the entry's name.
 */
export function missingReason(recipe: Recipe, earlier: readonly Recipe[]): string {
  if (earlier.length === 0) return 'new'
  const [least] = earlier
    .map((other) => changedParts(recipe, other))
    .filter((parts) => parts.length > 0)
    .sort((left, right) => left.length - right.length)
  return least === undefined ? 'new' : `${least.join(', ')} changed`
}

function changedParts(recipe: Recipe, other: Recipe): string[] {
  const changed = PARTS.filter(
    (part) =>
      recipe[part] !== other[part] &&
      canonicalJson([recipe[part] ?? null]) !== canonicalJson([other[part] ?? null]),
  )
  return [...new Set(changed.map((part) => NAMES[part]))]
}
