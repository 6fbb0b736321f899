import { isDeep, isPlain, mayBeDeep } from './colour.ts'
import { sniffMediaType } from './media-type.ts'
import { loadSharp, openImage, PIXEL_LIMIT, type Sharp } from './sharp.ts'

/** A decoded picture: 8 bits a channel, row by row, in sRGB, or in grey where there are one or two channels. */
export interface Pixels {
  readonly data: Uint8Array
  /** Pixels. */
  readonly width: number
  /** Pixels. */
  readonly height: number
  /** 2 and 4 end with alpha, which is not premultiplied. */
  readonly channels: 1 | 2 | 3 | 4
}

/** Decodes picture bytes, once; upright, and of an animation the first frame. */
export async function decodePixels(bytes: Uint8Array): Promise<Pixels> {
  const pipeline = await openImage(bytes, { autoOrient: true })
  const { space, icc } = await pipeline.metadata()
  if (icc === undefined) return toPixels(pipeline)
  // sharp converts 16-bit colour with a profile to P3, and only a profile for the output converts it on to sRGB. Without
  // a profile the samples are sRGB already, and a profile for the output would take them for P3.
  if (space === 'rgb16') return toPixels(pipeline.withIccProfile('srgb'))
  if (space === 'grey16') {
    // sharp ignores the profile of 16-bit grey, and not that of 8-bit grey.
    const eightBits = pipeline.toColourspace('b-w').keepIccProfile().png({ compressionLevel: 0 })
    return toPixels(await openImage(await eightBits.toBuffer()))
  }
  return toPixels(pipeline)
}

/**
 * Whether a picture has more than 8 bits a channel. Pipelines of sharp treat the colours of such a picture by rules of
 * their own, so it has to be decoded by `decodePixels`.
 */
export async function isDeepPicture(bytes: Uint8Array): Promise<boolean> {
  if (!mayBeDeep(sniffMediaType(bytes))) return false
  return isDeep(await (await openImage(bytes)).metadata())
}

/** Whether a picture's samples are 8-bit sRGB or grey as they stand. */
export async function isPlainPicture(bytes: Uint8Array): Promise<boolean> {
  return isPlain(await (await openImage(bytes)).metadata())
}

/** Opens a decoded picture, so that the next step works on its pixels. */
export async function openPixels({ data, width, height, channels }: Pixels): Promise<Sharp> {
  const sharp = await loadSharp()
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: PIXEL_LIMIT })
}

/** Runs a pipeline to its pixels. */
export async function toPixels(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  return { data, width, height, channels }
}
