/** How far a side, or the ratio of the sides, may be from what was asked: models round to blocks of pixels. */
const TOLERANCE = 0.1

/** What was asked for, as far as a picture can be held against it. */
export interface ExpectedPicture {
  /** Width by height. */
  readonly aspectRatio: number | null
  /** Pixels. */
  readonly size: { readonly width: number; readonly height: number } | null
}

/** What is wrong with a picture's size; nothing where it is what was asked for. */
export function sizeFault(
  seen: { readonly width: number; readonly height: number },
  { aspectRatio, size }: ExpectedPicture,
): string | undefined {
  const is = `the picture has ${seen.width}x${seen.height} pixels`
  if (size !== null && !(isNear(seen.width, size.width) && isNear(seen.height, size.height))) {
    return `${is}, asked for were ${size.width}x${size.height}`
  }
  if (aspectRatio !== null && !isNear(seen.width / seen.height, aspectRatio)) {
    return `${is}, asked for was an aspect ratio of ${Number(aspectRatio.toFixed(3))}`
  }
  return undefined
}

function isNear(actual: number, expected: number): boolean {
  return actual >= expected * (1 - TOLERANCE) && actual <= expected * (1 + TOLERANCE)
}
