import { readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { extensionOf, sniffMediaType } from '../pixels/media-type.ts'
import { ImagegenError, messageOf } from '../shared/errors.ts'
import { writeNew } from '../shared/files.ts'

/** An image file beside a manifest. */
export interface Adopted {
  /** The path relative to the manifest: `./kira.png`. */
  readonly source: string
  /** Removes the copy, if one was made. */
  readonly undo: () => void
}

/**
 * Copies an image file beside a manifest, under a free name. A file that is already there is used without a copy.
 *
 * @param manifest absolute path.
 * @throws ImagegenError with code `usage` for a file that is not an image.
 */
export function copyBeside(file: string, manifest: string): Adopted {
  const bytes = readPicture(file)
  const folder = realpathSync(path.dirname(manifest))
  const wanted = safeName(file, bytes)
  const isThere = path.dirname(realpathSync(file)) === folder && path.basename(file) === wanted
  if (isThere) return { source: `./${wanted}`, undo: () => {} }
  const { name, ext } = path.parse(wanted)
  for (let number = 1; ; number++) {
    const free = `${name}${number === 1 ? '' : `-${number}`}${ext}`
    const target = path.join(folder, free)
    const source = `./${free}`
    if (writeNew(target, bytes)) return { source, undo: () => rmSync(target) }
    if (holds(target, bytes)) return { source, undo: () => {} }
  }
}

function holds(target: string, bytes: Uint8Array): boolean {
  return statSync(target).isFile() && readFileSync(target).equals(bytes)
}

function readPicture(file: string): Buffer {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new ImagegenError(
      'usage',
      { message: `${file} cannot be read: ${messageOf(error)}`, hint: 'Name an image file.' },
      { cause: error },
    )
  }
  if (sniffMediaType(bytes) !== undefined) return bytes
  throw new ImagegenError('usage', {
    message: `${file} is not a supported image.`,
    hint: 'Use a PNG, JPEG, WebP, AVIF, GIF, TIFF or SVG file.',
  })
}

/** Returns a file name that needs no quotes in YAML and contains no `${variable}`. */
function safeName(file: string, bytes: Buffer): string {
  const { name, ext } = path.parse(path.basename(file))
  const mediaType = sniffMediaType(bytes)
  const ending = ext === '' && mediaType !== undefined ? `.${extensionOf(mediaType)}` : ext
  const [safe = '', safeEnding = ''] = [name, ending].map((part) =>
    part.normalize('NFC').replaceAll(/[^\p{L}\p{N}_.-]+/gu, '-'),
  )
  return `${safe.replace(/^[.-]+/, '') || 'picture'}${safeEnding}`
}
