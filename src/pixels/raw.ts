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
  const { depth } = await pipeline.metadata()
  // sharp brings what has 16 bits into P3, and only a profile for the output brings it from there into sRGB.
  return toPixels(depth === 'uchar' ? pipeline : pipeline.withIccProfile('srgb'))
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
