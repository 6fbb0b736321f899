import type { ImageModelLimits, PixelSize } from '../model/image-model.ts'

/** The shape in a request. It may differ from the recipe, which keeps what the manifest says. */
export interface SentShape {
  readonly size: `${number}x${number}` | undefined
  readonly aspectRatio: `${number}:${number}` | undefined
}

/** The largest difference between a listed size and a ratio: 1 %. */
const NEAR = 0.01

/** Returns the shape to send. A ratio that the model does not support is sent as the listed size with that ratio. */
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

/** The sizes that a model lists; empty if it lists none. */
export function listedSizes({ sizes }: ImageModelLimits): ReadonlyArray<`${number}x${number}`> {
  return Array.isArray(sizes) ? (sizes as ReadonlyArray<`${number}x${number}`>) : []
}

/** The first listed size with a ratio. */
function sizeOfRatio(ratio: string, limits: ImageModelLimits): SentShape['size'] {
  if (limits.aspectRatios !== undefined && Object.hasOwn(limits.aspectRatios, ratio)) {
    return undefined
  }
  return listedSizes(limits).find((size) => distance(size, ratio) <= NEAR)
}

/** The listed size that loses least when it is cropped to a ratio. */
export function nearestSize(ratio: string, limits: ImageModelLimits): SentShape['size'] {
  const [first, ...others] = listedSizes(limits)
  if (first === undefined) return undefined
  return others.reduce(
    (best, size) => (distance(size, ratio) < distance(best, ratio) ? size : best),
    first,
  )
}

/** The relative difference between two shapes; 0 if they are equal. */
function distance(size: string, ratio: string): number {
  const { width, height } = pixelsOf(size)
  const [across = 1, down = 1] = ratio.split(':').map(Number)
  const quotient = (width * down) / (height * across)
  return Math.max(quotient, 1 / quotient) - 1
}

/** Parses `1536x1024`. */
export function pixelsOf(size: string): PixelSize {
  const [width = 0, height = 0] = size.split('x').map(Number)
  return { width, height }
}
