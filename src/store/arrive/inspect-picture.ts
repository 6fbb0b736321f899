import { sizeFault, type ExpectedPicture } from '../../pixels/expected-picture.ts'
import { loadSharp, openImage } from '../../pixels/sharp.ts'
import { sniffMediaType, type MediaType } from '../../pixels/media-type.ts'
import { messageOf } from '../../shared/errors.ts'

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
    // By the sides as they are seen, after the turn that EXIF may ask for.
    const fault = sizeFault(autoOrient, expected)
    return fault === undefined
      ? { mediaType, width: info.width, height: info.height }
      : { unusable: fault }
  } catch (error) {
    return { unusable: `the picture cannot be decoded: ${messageOf(error)}` }
  }
}
