import { openImage } from '../../pixels/sharp.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { sha256 } from '../../shared/hash.ts'
import { withoutUnsafe } from '../../shared/plain-text.ts'
import type { Origin, Receipt } from '../receipt.ts'
import { inspectPicture } from './inspect-picture.ts'

/** A picture that no provider was asked for, to keep as a candidate of a recipe. */
export interface AdoptedPicture extends Pick<Origin, 'key' | 'recipe' | 'name'> {
  /** The id of the entry that adopts it. */
  readonly entry: string
  readonly origin: 'elsewhere' | 'edited'
  /** The model that made it, if the picture says so. */
  readonly model: string | undefined
  readonly bytes: Uint8Array
  /** Where the bytes come from, for messages. */
  readonly shown: string
}

/** No size is expected: an adopted picture was requested in none. */
const ANY_SIZE = { aspectRatio: null, size: null }

/** Characters of a name that a receipt keeps. */
const LONGEST_TEXT = 200

/**
 * The receipt of an adopted picture. It cost nothing, and no response brought it.
 *
 * @param now the time of the adoption.
 * @throws ImagegenError with code `usage` where the bytes are not a picture of pixels, or cannot be decoded.
 */
export async function adoptedReceipt(
  { bytes, shown, entry, origin, model = '', ...recipe }: AdoptedPicture,
  now: Date,
): Promise<Receipt> {
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
    version: 2,
    key: recipe.key,
    recipe: recipe.recipe,
    name: clean(recipe.name),
    inputs: [],
    // Nobody knows who made it unless the picture says so.
    provider: '',
    model: clean(model),
    responseId: null,
    usd: 0,
    time: now.toISOString(),
    entry: clean(entry),
    origin,
    sha256: sha256(bytes),
    bytes: bytes.length,
    mediaType: inspection.mediaType,
    // As the picture is seen, after the turn that EXIF asks for: exact types and page layouts rely on it.
    width: autoOrient.width,
    height: autoOrient.height,
    seed: null,
  }
}

function clean(text: string): string {
  return withoutUnsafe(text).slice(0, LONGEST_TEXT)
}
