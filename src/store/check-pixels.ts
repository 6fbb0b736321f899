import { openImage } from '../pixels/sharp.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { Receipt } from './receipt.ts'

/**
 * Holds a picture against the size that its receipt gives, by which the receipt was held against its recipe. Their digest
 * is right, so that a receipt which says otherwise was not written by this package.
 *
 * @param shown the file, as people know it.
 * @throws ImagegenError with code `damaged`.
 */
export async function checkPixels(
  bytes: Uint8Array,
  { width, height }: Receipt,
  shown: string,
): Promise<void> {
  const size = await readSize(bytes)
  if (size === undefined) return
  const isSame = size.width === width && size.height === height
  // As it is stored, or as it is seen.
  const isTurned = size.width === height && size.height === width
  if (isSame || isTurned) return
  throw new ImagegenError('damaged', {
    message: `${shown} has ${size.width}x${size.height} pixels, and its receipt says ${width}x${height}.`,
    hint: 'If you know nothing of that picture, remove it and its receipt; else restore both from git, or a backup.',
  })
}

/** Nothing where the bytes cannot be read: whoever decodes them says why. */
async function readSize(
  bytes: Uint8Array,
): Promise<{ readonly width: number; readonly height: number } | undefined> {
  try {
    return await (await openImage(bytes)).metadata()
  } catch {
    return undefined
  }
}
