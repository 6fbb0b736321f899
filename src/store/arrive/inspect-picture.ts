import { sizeFault, type ExpectedPicture } from '../../pixels/expected-picture.ts'
import { loadSharp, openImage } from '../../pixels/sharp.ts'
import { sniffMediaType, type MediaType } from '../../pixels/media-type.ts'
import { messageOf } from '../../shared/errors.ts'

/** The facts of a usable picture, or the reason why it cannot be used. */
export type Inspection =
  | { readonly mediaType: MediaType; readonly width: number; readonly height: number }
  | UnusableInspection

/** Why a picture cannot be used, and what is known of it all the same. */
export interface UnusableInspection {
  readonly unusable: string
  readonly mediaType: MediaType | null
  /** Pixels, as they are seen; `null` where they cannot be decoded. */
  readonly size: { readonly width: number; readonly height: number } | null
}

/** Checks that bytes are the expected picture by decoding every pixel: a truncated picture has a good header. */
export async function inspectPicture(
  bytes: Uint8Array,
  expected: ExpectedPicture,
): Promise<Inspection> {
  const mediaType = sniffMediaType(bytes)
  if (mediaType === undefined)
    return { unusable: 'the bytes are not a picture', mediaType: null, size: null }
  if (mediaType === 'image/svg+xml') {
    return { unusable: 'the bytes are an SVG, not pixels', mediaType, size: null }
  }
  // `loadSharp` is outside the `try`: a broken installation must not make a picture look broken.
  await loadSharp()
  try {
    const image = await openImage(bytes, { sequentialRead: true })
    const { autoOrient } = await image.metadata()
    // Extracting one channel decodes everything and needs little memory for a large picture.
    const { info } = await image.extractChannel(0).raw().toBuffer({ resolveWithObject: true })
    // The size counts as people see it, after the turn that EXIF asks for.
    const fault = sizeFault(autoOrient, expected)
    return fault === undefined
      ? { mediaType, width: info.width, height: info.height }
      : { unusable: fault, mediaType, size: { width: autoOrient.width, height: autoOrient.height } }
  } catch (error) {
    return { unusable: `the picture cannot be decoded: ${messageOf(error)}`, mediaType, size: null }
  }
}
