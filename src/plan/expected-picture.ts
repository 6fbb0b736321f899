import type { ResolvedModel } from '../model/resolved-model.ts'
import { sizeFault, type ExpectedPicture } from '../pixels/expected-picture.ts'
import type { PictureOrigin } from './planned-image.ts'
import { expectedSize, limitsInKeys, recipeKey, type Recipe } from './recipe.ts'

/**
 * Returns the aspect ratio and size that a generated image must have.
 *
 * @param model its limits give the exact size, if it declares one. An image of another size would shift the page layout.
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

/** What a receipt claims about its image. The recipe is untrusted JSON. */
export interface ReceiptClaims {
  readonly key: string
  readonly recipe: object
  /** Pixels; `null` where they are not known, of a picture that cannot be used. */
  readonly width: number | null
  /** Pixels; `null` where they are not known, of a picture that cannot be used. */
  readonly height: number | null
  /** Where the pixels come from; left out: the provider. */
  readonly origin?: PictureOrigin
  /** Why its picture cannot be used. */
  readonly unusable?: string
}

/** Returns why a receipt with a correct checksum does not fit its key; undefined if it fits. */
export type ReceiptCheck = (receipt: ReceiptClaims) => string | undefined

/**
 * Creates a check that a receipt fits its key, because someone may have copied or forged one.
 *
 * Sizes that follow only from a model's limits are checked for models whose limits are fixed. The limits of other models
 * may be declared long after an image was paid for.
 */
export function createReceiptCheck(models: Iterable<ResolvedModel>): ReceiptCheck {
  const fixed = [...models].filter(({ model }) => model.limitsAreFixed === true)
  return ({ key, recipe: written, width, height, origin = 'provider', unusable }) => {
    const recipe = written as Recipe
    if (recipeKey(recipe) !== key) return 'its recipe is that of another key'
    if (![recipe.size, recipe.aspectRatio].every(isTextOrAbsent)) return 'its recipe makes no sense'
    // An adopted picture was requested in no size, and an unusable one may have any.
    if (origin !== 'provider' || unusable !== undefined || width === null || height === null) {
      return undefined
    }
    const known = fixed.find(
      ({ provider, modelId }) => provider === recipe.provider && modelId === recipe.modelId,
    )
    const expected = expectedPicture(recipe, {
      limits: known === undefined ? {} : limitsInKeys(known),
    })
    // A receipt has the sides as stored in the file, before EXIF rotation; the expectation is the displayed size.
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
