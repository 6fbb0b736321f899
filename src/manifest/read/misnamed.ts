import { readFileSync } from 'node:fs'
import path from 'node:path'
import glob from 'fast-glob'
import { MANIFEST_FILE, manifestPath } from './discover.ts'

/** Files that look like manifests but are not read, by their path from the root. */
export interface Overlooked {
  /** Files with a manifest's name that `include` does not match or `exclude` leaves out. */
  readonly notIncluded: readonly string[]
  /** Files that contain a manifest, but whose names do not end with `.image.yaml`. */
  readonly misnamed: readonly string[]
}

/** Folders that never contain manifests. */
const NEVER = ['**/node_modules/**', '**/.git/**', '**/.imagegen/**']

/** `hero.images.yaml`, `hero-image.yml`, `hero.image.yaml.txt`, `hero.image.yamll`. */
const NEARLY = /(?:^|[._-])images?(?:\.\w+)*\.(?:ya?ml\w?|yma?l|txt|json)$/i

/** @param found the manifests of the project, absolute. */
export function overlookedManifests(root: string, found: ReadonlySet<string>): Overlooked {
  const files = glob
    .sync('**/*image*.*', {
      cwd: root,
      ignore: NEVER,
      absolute: true,
      followSymbolicLinks: false,
      caseSensitiveMatch: false,
      // Folders such as `.storybook`, which globs skip, are searched only if nothing else is found: some hold caches.
      dot: found.size === 0,
    })
    .map((file) => path.normalize(file))
    .filter((file) => !found.has(file))
    .sort()
  const show = (file: string): string => manifestPath(root, file)
  return {
    notIncluded: files.filter((file) => MANIFEST_FILE.test(file)).map(show),
    misnamed: files
      .filter((file) => !MANIFEST_FILE.test(file) && NEARLY.test(path.basename(file)))
      .filter(holdsManifest)
      .map(show),
  }
}

/** Checks the content, because a file with a similar name may be anything. */
function holdsManifest(file: string): boolean {
  try {
    return /^(?:images|prompt|defaults):|^ {2,}prompt:/m.test(
      readFileSync(file, 'utf8').slice(0, 65_536),
    )
  } catch {
    // The file was removed, or is not readable.
    return false
  }
}
