import { isDeep, isPlain, mayBeDeep } from './colour.ts'
import { sniffMediaType } from './media-type.ts'
import { loadSharp, openImage, PIXEL_LIMIT, type Sharp } from './sharp.ts'

/** A decoded picture: 8 bits a channel, row by row, in sRGB, or in grey with one or two channels. */
export interface Pixels {
  readonly data: Uint8Array
  /** Pixels. */
  readonly width: number
  /** Pixels. */
  readonly height: number
  /** 2 and 4 end with alpha, which is not premultiplied. */
  readonly channels: 1 | 2 | 3 | 4
}

/** Decodes picture bytes once: upright, and only the first frame of an animation. */
export async function decodePixels(bytes: Uint8Array): Promise<Pixels> {
  const pipeline = await openImage(bytes, { autoOrient: true })
  const { space, icc } = await pipeline.metadata()
  if (icc === undefined) return toPixels(pipeline)
  // sharp converts 16-bit colour with a profile to P3, and only an output profile converts it on to sRGB. Without a
  // profile the samples already are sRGB, and an output profile would treat them as P3.
  if (space === 'rgb16') return toPixels(pipeline.withIccProfile('srgb'))
  if (space === 'grey16') {
    // sharp ignores the profile of 16-bit grey, but not that of 8-bit grey.
    const eightBits = pipeline.toColourspace('b-w').keepIccProfile().png({ compressionLevel: 0 })
    return toPixels(await openImage(await eightBits.toBuffer()))
  }
  return toPixels(pipeline)
}

/**
 * Whether a picture has more than 8 bits a channel. sharp treats the colours of such a picture differently, so
 * `decodePixels` has to decode it.
 */
export async function isDeepPicture(bytes: Uint8Array): Promise<boolean> {
  if (!mayBeDeep(sniffMediaType(bytes))) return false
  return isDeep(await (await openImage(bytes)).metadata())
}

/** Whether a picture's samples already are 8-bit sRGB or grey. */
export async function isPlainPicture(bytes: Uint8Array): Promise<boolean> {
  return isPlain(await (await openImage(bytes)).metadata())
}

/** Opens a decoded picture for the next step. */
export async function openPixels({ data, width, height, channels }: Pixels): Promise<Sharp> {
  const sharp = await loadSharp()
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: PIXEL_LIMIT })
}

/** Runs a pipeline and returns its pixels. */
export async function toPixels(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  return { data, width, height, channels }
}
