import type { ImageModelLimits, PixelSize } from '../model/image-model.ts'

/** How a model is asked for the shape of a picture: recipes have what was written. */
export interface SentShape {
  readonly size: `${number}x${number}` | undefined
  readonly aspectRatio: `${number}:${number}` | undefined
}

/** How far a listed size may be from a ratio: 1 %. */
const NEAR = 0.01

/** What is sent of a size or ratio. A ratio that the model has no word for is sent as the listed size that has it. */
export function sentShape(
  written: { readonly size?: string | undefined; readonly aspectRatio?: string | undefined },
  limits: ImageModelLimits,
): SentShape {
  const size = written.size as SentShape['size']
  const aspectRatio = written.aspectRatio as SentShape['aspectRatio']
  if (size !== undefined || aspectRatio === undefined) return { size, aspectRatio }
  const sameShape = sizeOfRatio(aspectRatio, limits)
  return sameShape === undefined
    ? { size, aspectRatio }
    : { size: sameShape, aspectRatio: undefined }
}

/** The sizes that a model lists; nothing where it lists none. */
export function listedSizes({ sizes }: ImageModelLimits): ReadonlyArray<`${number}x${number}`> {
  return Array.isArray(sizes) ? (sizes as ReadonlyArray<`${number}x${number}`>) : []
}

/** The listed size that a ratio is sent as, the first one where several have it. */
function sizeOfRatio(ratio: string, limits: ImageModelLimits): SentShape['size'] {
  if (limits.aspectRatios !== undefined && Object.hasOwn(limits.aspectRatios, ratio)) {
    return undefined
  }
  return listedSizes(limits).find((size) => distance(size, ratio) <= NEAR)
}

/** The listed size that loses least where it is cropped to a ratio. */
export function nearestSize(ratio: string, limits: ImageModelLimits): SentShape['size'] {
  const [first, ...others] = listedSizes(limits)
  if (first === undefined) return undefined
  return others.reduce(
    (best, size) => (distance(size, ratio) < distance(best, ratio) ? size : best),
    first,
  )
}

/** How much longer one is than the other: 0 where they have the same shape. */
function distance(size: string, ratio: string): number {
  const { width, height } = pixelsOf(size)
  const [across = 1, down = 1] = ratio.split(':').map(Number)
  const quotient = (width * down) / (height * across)
  return Math.max(quotient, 1 / quotient) - 1
}

/** `1536x1024` in numbers. */
export function pixelsOf(size: string): PixelSize {
  const [width = 0, height = 0] = size.split('x').map(Number)
  return { width, height }
}
