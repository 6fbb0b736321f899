import { readFileSync } from 'node:fs'
import path from 'node:path'
import glob from 'fast-glob'
import { MANIFEST_FILE, manifestPath } from './discover.ts'

/** Files that look like manifests and are none to this project, by their path from the root. */
export interface Overlooked {
  /** Named like a manifest, and not found by `include`, or left out by `exclude`. */
  readonly notIncluded: readonly string[]
  /** They hold a manifest, and their names do not end with `.image.yaml`. */
  readonly misnamed: readonly string[]
}

/** Where nobody writes manifests. */
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

/** What is named nearly right may be anything: what it says decides. */
function holdsManifest(file: string): boolean {
  try {
    return /^(?:images|prompt|defaults):|^ {2,}prompt:/m.test(
      readFileSync(file, 'utf8').slice(0, 65_536),
    )
  } catch {
    // It was removed, or is nobody's to read.
    return false
  }
}
