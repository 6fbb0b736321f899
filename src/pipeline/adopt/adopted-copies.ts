import { rmSync } from 'node:fs'
import path from 'node:path'
import type { ImageEntry } from '../../manifest/entry.ts'
import type { ResolvedOptions } from '../../options.ts'
import { createCacheSeal } from '../../shared/cache-seal.ts'
import { readFileIfThere, toPosix, writeNew } from '../../shared/files.ts'
import { sha256 } from '../../shared/hash.ts'
import type { Survey } from '../survey.ts'

/**
 * Remembers which files beside manifests are copies that adopting made. Only such a copy may be removed when another
 * picture takes its place: any other file that `source` names belongs to the user.
 *
 * The memory is in the cache, signed, so a commit cannot pass a user's file off as a copy. Without the cache, nothing is
 * removed.
 */
export interface AdoptedCopies {
  /** @param file absolute. */
  remember(file: string, digest: string): void
  /**
   * Removes the file that an image named before, if it is an unchanged copy and nothing names it any more.
   *
   * @param before the image's entry before it adopted another picture.
   * @returns the path from the root of the removed file; `undefined` if it stays.
   */
  removeReplaced(before: ImageEntry, after: Survey): string | undefined
}

export function adoptedCopies({
  root,
  cacheDir,
}: Pick<ResolvedOptions, 'root' | 'cacheDir'>): AdoptedCopies {
  const seal = createCacheSeal(cacheDir)
  const folder = path.join(cacheDir, 'adopted')
  const shown = (file: string): string => toPosix(path.relative(root, file))
  const partsOf = (file: string, digest: string): readonly string[] => [
    'adopted copy',
    shown(file),
    digest,
  ]
  const noteOf = (file: string, digest: string): string =>
    path.join(folder, sha256(partsOf(file, digest).join('\n')))

  /** @returns whether the file was an unchanged copy, which is gone now. */
  function removeCopy(file: string): boolean {
    const bytes = readFileIfThere(file)
    if (bytes === undefined) return false
    const digest = sha256(bytes)
    const note = noteOf(file, digest)
    const signature = readFileIfThere(note)?.toString('latin1')
    const isCopy = signature !== undefined && seal.isSigned(signature, ...partsOf(file, digest))
    if (!isCopy) return false
    rmSync(file)
    rmSync(note, { force: true })
    return true
  }

  return {
    remember(file, digest) {
      try {
        const note = noteOf(file, digest)
        rmSync(note, { force: true })
        writeNew(note, seal.sign(...partsOf(file, digest)))
      } catch {
        // The cache cannot be written: the copy then counts as the user's own file and is never removed.
      }
    },
    removeReplaced({ subject }, after) {
      if (subject.kind !== 'source') return undefined
      const { file } = subject
      try {
        return !isNamed(file, after) && removeCopy(file) ? shown(file) : undefined
      } catch {
        // What cannot be read or removed stays. The image does not need it any more.
        return undefined
      }
    },
  }
}

/** Whether an image of the project uses a file: as its source, as a reference, or in `process`. */
function isNamed(file: string, { entries }: Survey): boolean {
  return [...entries.values()].some(({ subject, operations }) => {
    const inSubject =
      subject.kind === 'source'
        ? subject.file === file
        : subject.references.some((each) => each.kind === 'file' && each.file === file)
    return (
      inSubject || operations.some(({ files = [] }) => files.some((each) => each.file === file))
    )
  })
}
