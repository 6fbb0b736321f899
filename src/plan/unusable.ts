import { KNOWN_SIZES } from './known-sizes.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { UnusablePicture } from './planned-image.ts'
import type { Recipe } from './recipe.ts'
import { nearestSize } from './sent-shape.ts'

type Shape = Pick<Recipe, 'aspectRatio' | 'size'>
type Named = Pick<ResolvedModel, 'provider' | 'modelId' | 'limits'>

/**
 * Why an image is `unusable`, and what to write instead.
 *
 * @param candidates how many usable ones are there.
 */
export function unusableReason(
  recipe: Shape,
  model: Named,
  { unusable, width, height }: UnusablePicture,
  candidates: number,
): string {
  const size = width === null || height === null ? null : { width, height }
  const cure = size === null ? undefined : shapeCure(recipe, model, size)
  const fewer = candidates === 0 ? '' : `set \`n\` to ${candidates}, `
  const way = `${fewer}${cure === undefined ? 'change its recipe' : `write ${cure}`}`
  // A picture that can be decoded is merely of another shape than requested.
  const asItIs =
    size === null ? '' : ', take it as it is with `imagegen adopt ID FILE --keep-prompt`'
  return `paid for, but ${unusable}; ${way}${asItIs}, or request it again with \`imagegen generate --replace ID\``
}

/**
 * What to write in place of a shape that a model does not draw.
 *
 * @param drawn the size that it drew instead; `null`: unknown.
 * @returns nothing where the recipe asks for no shape, or nothing is known that the model draws.
 */
export function shapeCure(
  { aspectRatio, size }: Shape,
  { provider, modelId, limits }: Named,
  drawn: { readonly width: number; readonly height: number } | null,
): string | undefined {
  const asked = aspectRatio ?? (size === undefined ? undefined : ratioOf(size))
  if (asked === undefined) return undefined
  const known = KNOWN_SIZES.find((each) => each.provider === provider && each.model.test(modelId))
  const near =
    nearestSize(asked, limits) ??
    nearestSize(asked, known === undefined ? {} : { sizes: known.sizes }) ??
    (drawn === null ? undefined : `${drawn.width}x${drawn.height}`)
  if (near === undefined) return undefined
  const written = aspectRatio === undefined ? `size: ${size}` : `aspectRatio: ${aspectRatio}`
  return `\`size: ${near}\` and \`output: { aspectRatio: ${asked} }\` instead of \`${written}\``
}

/** `1024x768` as `4:3`. */
function ratioOf(size: string): string {
  const [width = 1, height = 1] = size.split('x').map(Number)
  const divisor = greatestCommonDivisor(width, height)
  return `${width / divisor}:${height / divisor}`
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right)
}
