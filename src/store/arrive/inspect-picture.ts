import { loadSharp, openImage } from '../../pixels/sharp.ts'
import { sniffMediaType, type MediaType } from '../../pixels/media-type.ts'
import { messageOf } from '../../shared/errors.ts'

/** How far a side, or the ratio of the sides, may be from what was asked: models round to blocks of pixels. */
const TOLERANCE = 0.1

/** What was asked for, as far as a picture can be held against it. */
export interface ExpectedPicture {
  /** Width by height. */
  readonly aspectRatio: number | null
  /** Pixels. */
  readonly size: { readonly width: number; readonly height: number } | null
}

/** A picture that can be used, or why it cannot. */
export type Inspection =
  | { readonly mediaType: MediaType; readonly width: number; readonly height: number }
  | { readonly unusable: string }

/** Looks whether bytes are what was asked for, by decoding every pixel: a truncated picture has a good header. */
export async function inspectPicture(
  bytes: Uint8Array,
  expected: ExpectedPicture,
): Promise<Inspection> {
  const mediaType = sniffMediaType(bytes)
  if (mediaType === undefined) return { unusable: 'the bytes are not a picture' }
  if (mediaType === 'image/svg+xml') return { unusable: 'the bytes are an SVG, not pixels' }
  // Outside of what follows: a broken installation is no reason to call a picture broken.
  await loadSharp()
  try {
    const image = await openImage(bytes, { sequentialRead: true })
    const { autoOrient } = await image.metadata()
    // One channel is enough to have everything decoded, and keeps a large picture's memory small.
    const { info } = await image.extractChannel(0).raw().toBuffer({ resolveWithObject: true })
    const fault = compare(autoOrient, expected)
    return fault === undefined
      ? { mediaType, width: info.width, height: info.height }
      : { unusable: fault }
  } catch (error) {
    return { unusable: `the picture cannot be decoded: ${messageOf(error)}` }
  }
}

/** By the sides as they are seen, after the turn that EXIF may ask for. */
function compare(
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
