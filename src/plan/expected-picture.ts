import type { ResolvedModel } from '../model/resolved-model.ts'
import { sizeFault, type ExpectedPicture } from '../pixels/expected-picture.ts'
import { expectedSize, limitsInKeys, recipeKey, type Recipe } from './recipe.ts'

/**
 * What a picture of a recipe must look like.
 *
 * @param model where it declares its pixels, a picture of another size would shift the page around it.
 */
export function expectedPicture(
  recipe: Recipe,
  model: Pick<ResolvedModel, 'limits'>,
): ExpectedPicture {
  return {
    aspectRatio: ratioOf(recipe.aspectRatio),
    size: expectedSize(recipe, model) ?? null,
  }
}

function ratioOf(aspectRatio: string | undefined): number | null {
  if (aspectRatio === undefined) return null
  const [width = 1, height = 1] = aspectRatio.split(':').map(Number)
  return width / height
}

/** What a receipt says of its picture. The recipe is whatever JSON somebody has written. */
export interface ReceiptClaims {
  readonly key: string
  readonly recipe: object
  /** Pixels. */
  readonly width: number
  /** Pixels. */
  readonly height: number
}

/** Why a receipt is none for its key, although its checksum is right; nothing where it is one. */
export type ReceiptCheck = (receipt: ReceiptClaims) => string | undefined

/**
 * Holds receipts against what they are for: somebody may have copied one over, or made one up.
 *
 * Sizes that only a model's limits tell are checked for models whose limits are fixed. Those of other models may be
 * declared long after a picture was paid for.
 */
export function createReceiptCheck(models: Iterable<ResolvedModel>): ReceiptCheck {
  const fixed = [...models].filter(({ model }) => model.limitsAreFixed === true)
  return ({ key, recipe: written, width, height }) => {
    const recipe = written as Recipe
    if (recipeKey(recipe) !== key) return 'its recipe is that of another key'
    if (![recipe.size, recipe.aspectRatio].every(isTextOrAbsent)) return 'its recipe makes no sense'
    const known = fixed.find(
      ({ provider, modelId }) => provider === recipe.provider && modelId === recipe.modelId,
    )
    const expected = expectedPicture(recipe, {
      limits: known === undefined ? {} : limitsInKeys(known),
    })
    // Receipts have the sides as the file stores them, and expectations are of what is seen.
    const seen = [
      { width, height },
      { width: height, height: width },
    ]
    const faults = seen.map((size) => sizeFault(size, expected))
    return faults.includes(undefined) ? undefined : faults[0]
  }
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}
