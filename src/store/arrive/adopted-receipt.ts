import { openImage } from '../../pixels/sharp.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { sha256 } from '../../shared/hash.ts'
import { withoutUnsafe } from '../../shared/plain-text.ts'
import type { Origin, Receipt } from '../receipt.ts'
import { inspectPicture } from './inspect-picture.ts'

/** What a picture is that no provider was asked for. */
export type AdoptedPicture = Pick<Receipt, 'sha256' | 'bytes' | 'mediaType' | 'width' | 'height'>

/** Who adopts a picture, and for which recipe. */
export interface Adopter extends Pick<Origin, 'key' | 'recipe' | 'name'> {
  /** The entry's id. */
  readonly entry: string
  readonly origin: 'elsewhere' | 'edited'
  /** The model that made the picture, if the picture says so. */
  readonly model: string | undefined
}

/** No size is expected: an adopted picture was requested in none. */
const ANY_SIZE = { aspectRatio: null, size: null }

/** Characters of a name that a receipt keeps. */
const LONGEST_TEXT = 200

/**
 * Decodes a picture that is to become a candidate.
 *
 * @param shown where it comes from, for messages.
 * @throws ImagegenError with code `usage` where the bytes are not a picture of pixels, or cannot be decoded.
 */
export async function inspectAdopted(bytes: Uint8Array, shown: string): Promise<AdoptedPicture> {
  const inspection = await inspectPicture(bytes, ANY_SIZE)
  if ('unusable' in inspection) {
    throw new ImagegenError('usage', {
      message: `${shown} cannot be adopted as a candidate: ${inspection.unusable}.`,
      hint:
        inspection.mediaType === 'image/svg+xml'
          ? 'Adopt it without `--keep-prompt`, in place of generating.'
          : 'Use a PNG, JPEG, WebP, AVIF, GIF or TIFF file that opens in an image viewer.',
    })
  }
  const { autoOrient } = await (await openImage(bytes)).metadata()
  return {
    sha256: sha256(bytes),
    bytes: bytes.length,
    mediaType: inspection.mediaType,
    // As the picture is seen, after the turn that EXIF asks for: exact types and page layouts rely on it.
    width: autoOrient.width,
    height: autoOrient.height,
  }
}

/**
 * The receipt of an adopted picture. It cost nothing, and no response brought it.
 *
 * @param time of the adoption.
 */
export function adoptedReceipt(
  picture: AdoptedPicture,
  { key, recipe, name, entry, origin, model = '' }: Adopter,
  time: Date,
): Receipt {
  return {
    version: 2,
    key,
    recipe,
    name: clean(name),
    inputs: [],
    // The maker is unknown unless the picture names it.
    provider: '',
    model: clean(model),
    responseId: null,
    usd: 0,
    time: time.toISOString(),
    entry: clean(entry),
    origin,
    ...picture,
    seed: null,
  }
}

function clean(text: string): string {
  return withoutUnsafe(text).slice(0, LONGEST_TEXT)
}
