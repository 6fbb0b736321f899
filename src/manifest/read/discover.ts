import path from 'node:path'
import glob from 'fast-glob'
import { toPosix } from '../../shared/files.ts'

/** How a manifest's file name ends. */
export const MANIFEST_FILE: RegExp = /\.image\.ya?ml$/i

/**
 * The manifests of a project, as absolute paths in one order on every machine.
 *
 * @param include globs from the root; may start with `../`.
 */
export function discoverManifests(
  root: string,
  include: readonly string[],
  exclude: readonly string[],
): string[] {
  return glob
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

/** The path of a manifest from the root, as ids have it: with `/`, `../` where it lies outside. */
export function manifestPath(root: string, file: string): string {
  // `path.relative` takes both apart each time, and most manifests lie below the root.
  const below = root.endsWith(path.sep) ? root : root + path.sep
  const relative = file.startsWith(below) ? file.slice(below.length) : path.relative(root, file)
  return toPosix(relative).normalize('NFC')
}
