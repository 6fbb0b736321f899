import type { Output } from '../manifest/output.ts'
import type { Operation } from '../manifest/process.ts'
import { openPixels, toPixels, type Pixels } from '../pixels/raw.ts'
import { openImage, type Sharp } from '../pixels/sharp.ts'
import { mostPixels, type Size } from './operation-size.ts'
import { applyOperations, type ReadComposite } from './operations.ts'
import { renderError } from './render-error.ts'
import { cropTo } from './sizes.ts'

/** A picture after `process` and in the shape of `output`: what renditions are scaled and encoded from. */
export interface FinishedPicture {
  readonly size: Size
  /** Whether it has one channel of grey, besides alpha. */
  readonly isGrey: boolean
  /** A new pipeline on it. */
  open(): Promise<Sharp>
}

/**
 * Turns an original into the finished picture. EXIF orientation is applied first, colours become sRGB.
 *
 * Where nothing is to be done, pipelines decode the original themselves: JPEG and WebP can be decoded at a fraction of
 * their size, which is faster than scaling pixels.
 *
 * @throws ImagegenError with code `render`.
 */
export async function finishPicture(
  original: Uint8Array,
  operations: readonly Operation[],
  output: Output,
  readComposite: ReadComposite,
): Promise<FinishedPicture> {
  const { size, depth } = await measure(original)
  if (operations.length === 0 && cropTo(size, output) === undefined) {
    return { size, isGrey: false, open: () => openImage(original, { autoOrient: true }) }
  }
  const decoded = await decode(original, depth)
  const processed = await applyOperations(decoded, operations, readComposite)
  const crop = cropTo(processed, output)
  const pixels =
    crop === undefined ? processed : await applyOperations(processed, [crop], readComposite)
  const { width, height, channels } = pixels
  return { size: { width, height }, isGrey: channels <= 2, open: () => openPixels(pixels) }
}

/**
 * The most pixels that `finishPicture` will hold at once of this original, found by its header.
 *
 * @throws ImagegenError with code `render`.
 */
export async function pixelsToFinish(
  original: Uint8Array,
  operations: readonly Operation[],
): Promise<number> {
  const { size } = await measure(original)
  return mostPixels(size, operations)
}

async function measure(original: Uint8Array): Promise<{ size: Size; depth: string }> {
  return reading(async () => {
    const { autoOrient, depth } = await (await openImage(original)).metadata()
    return { size: { width: autoOrient.width, height: autoOrient.height }, depth }
  })
}

async function decode(original: Uint8Array, depth: string): Promise<Pixels> {
  return reading(async () => {
    const pipeline = await openImage(original, { autoOrient: true })
    // sharp brings what has 16 bits into P3, and only a profile for the output brings it from there into sRGB.
    return toPixels(depth === 'uchar' ? pipeline : pipeline.withIccProfile('srgb'))
  })
}

async function reading<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw renderError(
      'The original cannot be read',
      error,
      'It is damaged, too large, or no picture that sharp reads.',
    )
  }
}
