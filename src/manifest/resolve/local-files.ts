import { readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { referenceSpellings } from '../../pixels/line-endings.ts'
import { mediaTypeOfName, sniffMediaType, type MediaType } from '../../pixels/media-type.ts'
import { errorCode, isNotFound } from '../../shared/files.ts'
import { sha256 } from '../../shared/hash.ts'
import { lfsObjectOf } from '../../shared/lfs-pointer.ts'
import { isInside } from '../../shared/real-path.ts'
import type { FileDigest } from '../entry.ts'

/** A file that a manifest names: where it really is, and what is in it. */
export interface LocalFile {
  /** Absolute, symbolic links resolved. */
  readonly file: string
  /** Of its bytes; of a Git LFS pointer, of the file that it stands for. */
  readonly sha256: string
  /** What kind of picture it is, where its bytes are of a known kind. */
  readonly mediaType: MediaType | undefined
  readonly isLfsPointer: boolean
  /** What it is as a reference. */
  readonly reference: FileDigest
}

/** Larger files are no pictures that a model or a page could take. */
const MAX_BYTES = 256 * 1024 * 1024

/** What is wrong with a file that a manifest names. */
export interface LocalFileProblem {
  readonly problem: string
  readonly hint: string
}

/** Finds and hashes the files that manifests name; each is read once a resolution. */
export interface LocalFiles {
  find(from: string, written: string): LocalFile | LocalFileProblem
  /**
   * Has a file read again when it is asked for the next time.
   *
   * @param file absolute.
   * @returns whether it was asked for before.
   */
  forget(file: string): boolean
}

/**
 * @param allow folders, absolute: a file whose real path leaves them is refused, so that a manifest from elsewhere
 *   cannot publish or send what it likes.
 */
export function createLocalFiles(allow: readonly string[]): LocalFiles {
  const allowed = allow.map(realPath)
  const known = new Map<string, LocalFile | LocalFileProblem>()

  const find = (wanted: string): LocalFile | LocalFileProblem => {
    try {
      const file = realpathSync(wanted)
      if (!allowed.some((folder) => isInside(folder, file))) {
        return {
          problem: 'The file lies outside of the folders that manifests may use.',
          hint: 'Move it into the workspace, or add its folder to the option `allow`.',
        }
      }
      const stats = statSync(file)
      if (!stats.isFile()) return { problem: 'This is not a file.', hint: 'Name a picture file.' }
      if (stats.size > MAX_BYTES) {
        return {
          problem: `The file has ${stats.size} bytes; the most is ${MAX_BYTES}.`,
          hint: 'Use a smaller picture.',
        }
      }
      return digestsOf(file, readFileSync(file))
    } catch (error) {
      if (isNotFound(error)) {
        return {
          problem: 'There is no such file.',
          hint: `Paths are relative to the manifest. Looked at ${path.basename(wanted)} in its folder there.`,
        }
      }
      return {
        problem: `The file cannot be read (${errorCode(error) ?? 'unknown error'}).`,
        hint: 'Check its permissions.',
      }
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
      // It may be known by several names, through symbolic links.
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

function realPath(folder: string): string {
  try {
    return realpathSync(folder)
  } catch (error) {
    if (isNotFound(error)) return folder
    throw error
  }
}
