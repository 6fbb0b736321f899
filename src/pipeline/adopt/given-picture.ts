import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { sniffMediaType } from '../../pixels/media-type.ts'
import { ImagegenError, messageOf } from '../../shared/errors.ts'

/** A picture that a person gives: a file on this machine, or the bytes of one with its name. */
export type GivenPicture =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'bytes'; readonly name: string; readonly bytes: Uint8Array }

/** A given picture, read. */
export interface ReadPicture {
  /** The file's name, with its extension. */
  readonly name: string
  readonly bytes: Buffer
  /** The file's absolute path; `undefined` for bytes that came in another way. */
  readonly file: string | undefined
}

/** The largest picture, in bytes: manifests take no larger one either. */
export const MOST_PICTURE_BYTES: number = 256 * 1024 * 1024

/**
 * Reads a picture that a person gives.
 *
 * @throws ImagegenError with code `usage` for what is not a supported image.
 */
export function readPicture(given: GivenPicture): ReadPicture {
  const picture = given.kind === 'file' ? readFile(given.file) : named(given)
  if (picture.bytes.length <= MOST_PICTURE_BYTES && sniffMediaType(picture.bytes) !== undefined) {
    return picture
  }
  throw notSupported(picture.file ?? picture.name)
}

function named({ name, bytes }: { name: string; bytes: Uint8Array }): ReadPicture {
  // A name from elsewhere is a name, not a path.
  const { base } = path.parse(name.replaceAll('\\', '/'))
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { name: base, bytes: buffer, file: undefined }
}

function readFile(file: string): ReadPicture {
  try {
    if (statSync(file).size > MOST_PICTURE_BYTES) throw notSupported(file)
    return { name: path.basename(file), bytes: readFileSync(file), file }
  } catch (error) {
    if (error instanceof ImagegenError) throw error
    throw new ImagegenError(
      'usage',
      { message: `${file} cannot be read: ${messageOf(error)}`, hint: 'Name an image file.' },
      { cause: error },
    )
  }
}

function notSupported(shown: string): ImagegenError {
  return new ImagegenError('usage', {
    message: `${shown} is not a supported image.`,
    hint: 'Use a PNG, JPEG, WebP, AVIF, GIF, TIFF or SVG file of at most 256 MiB.',
  })
}
