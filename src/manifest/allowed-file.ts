import { realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { errorCode, isNotFound } from '../shared/files.ts'
import { isInside, realPathOf } from '../shared/real-path.ts'

/** A file that a manifest names and may use. */
export interface AllowedFile {
  /** Absolute, symbolic links resolved. */
  readonly file: string
  /** In bytes. */
  readonly size: number
}

/** Why a file that a manifest names cannot be used. */
export interface LocalFileProblem {
  readonly problem: string
  readonly hint: string
}

/** @param wanted absolute. */
export type FindAllowed = (wanted: string) => AllowedFile | LocalFileProblem

/**
 * Checks the files that manifests name.
 *
 * @param allow absolute folders. A file whose real path is outside of them is refused, so that an untrusted manifest
 *   cannot publish or upload arbitrary files.
 */
export function createFindAllowed(allow: readonly string[]): FindAllowed {
  const allowed = allow.map(realPathOf)
  return (wanted) => {
    try {
      const file = realpathSync(wanted)
      if (!allowed.some((folder) => isInside(folder, file))) {
        return {
          problem: 'The file lies outside of the folders that manifests may use.',
          hint: 'Move it into the workspace, or add its folder to the option `allow`.',
        }
      }
      const stats = statSync(file)
      return stats.isFile()
        ? { file, size: stats.size }
        : { problem: 'This is not a file.', hint: 'Name a file, not a folder.' }
    } catch (error) {
      return unreadable(error, wanted)
    }
  }
}

/** @param wanted absolute. */
export function unreadable(error: unknown, wanted: string): LocalFileProblem {
  return isNotFound(error)
    ? {
        problem: 'There is no such file.',
        hint: `Paths are relative to the manifest. Looked for ${path.basename(wanted)} in the folder that the path names.`,
      }
    : {
        problem: `The file cannot be read (${errorCode(error) ?? 'unknown error'}).`,
        hint: 'Check its permissions.',
      }
}
