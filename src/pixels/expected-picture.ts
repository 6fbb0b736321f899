/** The tolerance for a side, or for the ratio of the sides: models round to blocks of pixels. */
const TOLERANCE = 0.1

/** The part of a request that a picture can be checked against. */
export interface ExpectedPicture {
  /** Width divided by height. */
  readonly aspectRatio: number | null
  /** Pixels. */
  readonly size: { readonly width: number; readonly height: number } | null
}

/** What is wrong with a picture's size. `undefined` where it matches the request. */
export function sizeFault(
  seen: { readonly width: number; readonly height: number },
  { aspectRatio, size }: ExpectedPicture,
): string | undefined {
  const is = `the picture has ${seen.width}x${seen.height} pixels`
  if (size !== null && !(isNear(seen.width, size.width) && isNear(seen.height, size.height))) {
    return `${is}, but ${size.width}x${size.height} were requested`
  }
  if (aspectRatio !== null && !isNear(seen.width / seen.height, aspectRatio)) {
    return `${is}, but an aspect ratio of ${Number(aspectRatio.toFixed(3))} was requested`
  }
  return undefined
}

function isNear(actual: number, expected: number): boolean {
  return actual >= expected * (1 - TOLERANCE) && actual <= expected * (1 + TOLERANCE)
}
