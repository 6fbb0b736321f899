import type { Output } from '../manifest/schema/output.ts'
import type { Operation } from '../manifest/schema/process.ts'
import { decodePixels, isDeepPicture, openPixels } from '../pixels/raw.ts'
import { openImage, type Sharp } from '../pixels/sharp.ts'
import { mostPixels, type Size } from './operation-size.ts'
import { applyOperations, type ReadComposite } from './operations.ts'
import { renderError } from './render-error.ts'
import { cropTo } from './sizes.ts'

/** A picture after `process` and in the shape of `output`. Renditions are scaled and encoded from it. */
export interface FinishedPicture {
  readonly size: Size
  /** Whether it has one channel of grey, besides alpha. */
  readonly isGrey: boolean
  /** Starts a new pipeline on the picture. */
  open(): Promise<Sharp>
}

/**
 * Turns an original into the finished picture. EXIF orientation is applied first, and colours become sRGB.
 *
 * Where there is nothing to do, pipelines decode the original themselves: JPEG and WebP can be decoded at a fraction of
 * their size, which is faster than scaling pixels, and an SVG is drawn at the requested size. A picture of more than 8
 * bits a channel is always decoded to 8-bit sRGB first.
 *
 * @throws ImagegenError with code `render`.
 */
export async function finishPicture(
  original: Uint8Array,
  operations: readonly Operation[],
  output: Output,
  readComposite: ReadComposite,
): Promise<FinishedPicture> {
  const size = await pictureSize(original)
  const isUntouched = operations.length === 0 && cropTo(size, output) === undefined
  if (isUntouched && !(await reading(() => isDeepPicture(original)))) {
    return { size, isGrey: false, open: () => openImage(original, { autoOrient: true }) }
  }
  const decoded = await reading(() => decodePixels(original))
  const processed = await applyOperations(decoded, operations, readComposite)
  const crop = cropTo(processed, output)
  const pixels =
    crop === undefined ? processed : await applyOperations(processed, [crop], readComposite)
  const { width, height, channels } = pixels
  return { size: { width, height }, isGrey: channels <= 2, open: () => openPixels(pixels) }
}

/**
 * The most pixels that `finishPicture` holds at once for this original, judged by its header.
 *
 * @throws ImagegenError with code `render`.
 */
export async function pixelsToFinish(
  original: Uint8Array,
  operations: readonly Operation[],
): Promise<number> {
  return mostPixels(await pictureSize(original), operations)
}

/** The size of a picture as it is seen, from its header. */
export async function pictureSize(original: Uint8Array): Promise<Size> {
  return reading(async () => {
    const { autoOrient } = await (await openImage(original)).metadata()
    return { width: autoOrient.width, height: autoOrient.height }
  })
}

async function reading<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw renderError(
      'The original cannot be read',
      error,
      'It is damaged, too large, or in a format that sharp cannot read.',
    )
  }
}
