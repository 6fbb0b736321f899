import path from 'node:path'
import { toPosix } from '../../shared/files.ts'
import { loadGlob } from '../../shared/glob.ts'

/** Matches the file names of manifests. */
export const MANIFEST_FILE: RegExp = /\.image\.ya?ml$/i

/**
 * Finds the manifests of a project. Returns absolute paths, in the same order on every machine.
 *
 * @param include globs from the root; may start with `../`.
 */
export function discoverManifests(
  root: string,
  include: readonly string[],
  exclude: readonly string[],
): string[] {
  return loadGlob()
    .sync([...include], {
      cwd: root,
      ignore: [...exclude],
      absolute: true,
      followSymbolicLinks: false,
      unique: true,
    })
    .map((file) => (path.sep === '/' ? file : path.normalize(file)))
    .sort()
}

/** A manifest's path from the root as ids contain it: with `/`, and with `../` for a file outside the root. */
export function manifestPath(root: string, file: string): string {
  // `path.relative` is slow, and most manifests lie below the root.
  const below = root.endsWith(path.sep) ? root : root + path.sep
  const relative = file.startsWith(below) ? file.slice(below.length) : path.relative(root, file)
  return toPosix(relative).normalize('NFC')
}
