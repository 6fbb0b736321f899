import { readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { extensionOf, sniffMediaType } from '../../pixels/media-type.ts'
import { writeNew } from '../../shared/files.ts'
import type { ReadPicture } from './given-picture.ts'

/** An image file beside a manifest. */
export interface Beside {
  /** The path relative to the manifest: `./kira.png`. */
  readonly source: string
  /** Absolute. */
  readonly file: string
  /** Whether the file is a new copy. */
  readonly isCopy: boolean
  /** Removes the copy, if one was made. */
  readonly undo: () => void
}

/**
 * Copies a picture beside a manifest, under a free name. A file that is already there is used without a copy.
 *
 * @param manifest absolute path.
 */
export function copyBeside(picture: ReadPicture, manifest: string): Beside {
  const { bytes, file } = picture
  const folder = realpathSync(path.dirname(manifest))
  const wanted = safeName(picture.name, bytes)
  const isThere =
    file !== undefined &&
    path.dirname(realpathSync(file)) === folder &&
    path.basename(file) === wanted
  if (isThere) return kept(folder, wanted)
  const { name, ext } = path.parse(wanted)
  for (let number = 1; ; number++) {
    const free = `${name}${number === 1 ? '' : `-${number}`}${ext}`
    const target = path.join(folder, free)
    if (writeNew(target, bytes)) {
      return { source: `./${free}`, file: target, isCopy: true, undo: () => rmSync(target) }
    }
    if (holds(target, bytes)) return kept(folder, free)
  }
}

function kept(folder: string, name: string): Beside {
  return { source: `./${name}`, file: path.join(folder, name), isCopy: false, undo: () => {} }
}

function holds(target: string, bytes: Uint8Array): boolean {
  return statSync(target).isFile() && readFileSync(target).equals(bytes)
}

/** Returns a file name that needs no quotes in YAML and contains no `${variable}`. */
function safeName(file: string, bytes: Buffer): string {
  const { name, ext } = path.parse(file)
  const mediaType = sniffMediaType(bytes)
  const ending = ext === '' && mediaType !== undefined ? `.${extensionOf(mediaType)}` : ext
  const [safe = '', safeEnding = ''] = [name, ending].map((part) =>
    part.normalize('NFC').replaceAll(/[^\p{L}\p{N}_.-]+/gu, '-'),
  )
  return `${safe.replace(/^[.-]+/, '') || 'picture'}${safeEnding}`
}
