import { readFileSync } from 'node:fs'
import path from 'node:path'
import { referenceSpellings } from '../../pixels/line-endings.ts'
import { mediaTypeOfName, sniffMediaType, type MediaType } from '../../pixels/media-type.ts'
import { sha256 } from '../../shared/hash.ts'
import { lfsObjectOf } from '../../shared/lfs-pointer.ts'
import { createFindAllowed, type LocalFileProblem, unreadable } from '../allowed-file.ts'
import type { FileDigest } from '../entry.ts'

/** A file that a manifest names, with its real path and digests. */
export interface LocalFile {
  /** Absolute, symbolic links resolved. */
  readonly file: string
  /** SHA-256 of the file's bytes; for a Git LFS pointer, of the file that it points to. */
  readonly sha256: string
  /** The media type, if the bytes are of a known one. */
  readonly mediaType: MediaType | undefined
  readonly isLfsPointer: boolean
  /** The digest that references to this file use. */
  readonly reference: FileDigest
}

/** The largest file, in bytes; no model or web page takes a larger image. */
const MAX_BYTES = 256 * 1024 * 1024

/** Finds and hashes the files that manifests name. Each file is read once and cached until `forget`. */
export interface LocalFiles {
  find(from: string, written: string): LocalFile | LocalFileProblem
  /**
   * Drops a file from the cache, so that the next `find` reads it again.
   *
   * @param file absolute.
   * @returns whether the file was cached.
   */
  forget(file: string): boolean
}

/** @param allow the absolute folders in which the files must lie. */
export function createLocalFiles(allow: readonly string[]): LocalFiles {
  const findAllowed = createFindAllowed(allow)
  const known = new Map<string, LocalFile | LocalFileProblem>()

  const find = (wanted: string): LocalFile | LocalFileProblem => {
    const found = findAllowed(wanted)
    if ('problem' in found) return found
    const { file, size } = found
    if (size > MAX_BYTES) {
      return {
        problem: `The file has ${size} bytes; the limit is ${MAX_BYTES}.`,
        hint: 'Use a smaller picture.',
      }
    }
    try {
      return digestsOf(file, readFileSync(file))
    } catch (error) {
      return unreadable(error, wanted)
    }
  }

  return {
    find(from, written) {
      const wanted = path.resolve(path.dirname(from), written)
      const found = known.get(wanted) ?? find(wanted)
      known.set(wanted, found)
      return found
    },
    forget(file) {
      // Symbolic links may give one file several names.
      const names = [...known].flatMap(([wanted, found]) =>
        wanted === file || ('file' in found && found.file === file) ? [wanted] : [],
      )
      for (const name of names) known.delete(name)
      return names.length > 0
    },
  }
}

function digestsOf(file: string, bytes: Uint8Array): LocalFile {
  const object = lfsObjectOf(bytes)
  if (object !== undefined) {
    const reference = { sha256: object, otherSha256s: NONE }
    return { file, sha256: object, mediaType: mediaTypeOfName(file), isLfsPointer: true, reference }
  }
  const [normal, ...others] = referenceSpellings(bytes)
  const whole = sha256(bytes)
  const reference = {
    sha256: normal === bytes ? whole : sha256(normal),
    otherSha256s: others.length === 0 ? NONE : others.map(sha256),
  }
  return { file, sha256: whole, mediaType: sniffMediaType(bytes), isLfsPointer: false, reference }
}

const NONE: readonly never[] = []
