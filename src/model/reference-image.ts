import { sniffMediaType, type MediaType } from '../pixels/media-type.ts'
import { isPlain } from '../pixels/colour.ts'
import { decodePixels, openPixels, type Pixels } from '../pixels/raw.ts'
import { openImage, type Sharp } from '../pixels/sharp.ts'
import { ImagegenError, messageOf } from '../shared/errors.ts'

/** A reference picture in a form that models accept. */
export interface PreparedReference {
  readonly mediaType: 'image/jpeg' | 'image/png'
  readonly data: Uint8Array
  /** Whether `data` differs from the given bytes. */
  readonly changed: boolean
}

/** Models accept less than 10 MB. No source says which megabyte that is, so this is the smaller one. */
const BYTE_LIMIT = 10_000_000

/** High enough that the second encoding is not visible. */
const JPEG_QUALITY = 90

/** Pixels. A picture with shorter sides is never too large in bytes. */
const SMALLEST_SIDE = 64

/**
 * Makes a picture fit to be sent as a reference. PNG and JPEG in 8-bit sRGB below 10 MB stay as they are; everything else becomes
 * JPEG, or PNG where it has transparency, turned upright, in sRGB, and as large as the limit allows. Of an animation the
 * first frame is taken. Equal bytes give equal bytes.
 *
 * @throws ImagegenError with code `manifest` where the bytes cannot be read as a picture.
 */
export async function prepareReference(bytes: Uint8Array): Promise<PreparedReference> {
  const mediaType = sniffMediaType(bytes)
  if (mediaType === undefined) throw unreadable('The bytes are not a picture of a known format.')
  try {
    if (isTaken(mediaType) && bytes.byteLength < BYTE_LIMIT && (await decodesPlain(bytes))) {
      return { mediaType, data: bytes, changed: false }
    }
    return await convert(bytes)
  } catch (error) {
    throw unreadable(`The ${mediaType} cannot be read: ${messageOf(error)}`, error)
  }
}

function isTaken(mediaType: MediaType): mediaType is PreparedReference['mediaType'] {
  return mediaType === 'image/jpeg' || mediaType === 'image/png'
}

/**
 * Decodes the whole picture: a truncated one has a valid header, and a paid request must not be what finds that out.
 *
 * @returns whether it is 8-bit sRGB. No provider documents how its models read other colour spaces.
 */
async function decodesPlain(bytes: Uint8Array): Promise<boolean> {
  const image = await openImage(bytes, { sequentialRead: true })
  if (!isPlain(await image.metadata())) return false
  await image.resize(8, 8, { fit: 'fill' }).raw().toBuffer()
  return true
}

/** Decodes once for all sizes that it tries: decoding an SVG may take seconds. */
async function convert(bytes: Uint8Array): Promise<PreparedReference> {
  const pixels = await decodePixels(bytes)
  const mediaType = isOpaque(pixels) ? 'image/jpeg' : 'image/png'
  let { width } = pixels
  for (;;) {
    const image = await openPixels(pixels)
    const shrunk = image.resize({ width, withoutEnlargement: true }).toColourspace('srgb')
    const data = await encode(shrunk, mediaType).toBuffer()
    if (data.byteLength < BYTE_LIMIT) return { mediaType, data, changed: true }
    if (width <= SMALLEST_SIDE) throw new Error('it does not become small enough')
    // Bytes grow with the area. Aiming a little lower makes the second try mostly the last.
    width = Math.max(
      SMALLEST_SIDE,
      Math.floor(width * Math.sqrt(BYTE_LIMIT / data.byteLength) * 0.95),
    )
  }
}

/** Many files have an alpha channel without a transparent pixel. Written as PNG they would be large for no reason. */
function isOpaque({ data, channels }: Pixels): boolean {
  if (channels === 1 || channels === 3) return true
  for (let alpha = channels - 1; alpha < data.length; alpha += channels) {
    if (data[alpha] !== 255) return false
  }
  return true
}

function encode(image: Sharp, mediaType: PreparedReference['mediaType']): Sharp {
  return mediaType === 'image/png'
    ? image.png({ compressionLevel: 9 })
    : image.jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
}

function unreadable(message: string, cause?: unknown): ImagegenError {
  return new ImagegenError(
    'manifest',
    { message, hint: 'References are PNG, JPEG, WebP, AVIF, GIF, TIFF or SVG pictures.' },
    { cause },
  )
}
