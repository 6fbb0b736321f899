import { openImage } from '../pixels/sharp.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { Receipt } from './receipt.ts'

/**
 * Checks that a picture has the size that its receipt states. The receipt's size was checked against the recipe and the
 * bytes match the receipt's digest, so a different size means that this package did not write the receipt.
 *
 * @param shown the file's path for messages.
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
  // EXIF may turn the picture, so the stored sides and the visible sides both count.
  const isTurned = size.width === height && size.height === width
  if (isSame || isTurned) return
  throw new ImagegenError('damaged', {
    message: `${shown} has ${size.width}x${size.height} pixels, but its receipt says ${width}x${height}.`,
    hint: 'If you do not know this picture, remove it and its receipt; otherwise restore both from git or a backup.',
  })
}

/** `undefined` where the bytes cannot be read: the code that decodes them reports the reason. */
async function readSize(
  bytes: Uint8Array,
): Promise<{ readonly width: number; readonly height: number } | undefined> {
  try {
    return await (await openImage(bytes)).metadata()
  } catch {
    return undefined
  }
}
