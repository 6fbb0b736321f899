import { readdirSync, readFileSync, type Dirent } from 'node:fs'
import path from 'node:path'
import { MANIFEST_FILE, manifestPath } from './discover.ts'

/** Files that look like manifests but are not read, by their path from the root. */
export interface Overlooked {
  /** Files with a manifest's name that `include` does not match or `exclude` leaves out. */
  readonly notIncluded: readonly string[]
  /** Files that contain a manifest, but whose names do not end with `.image.yaml`. */
  readonly misnamed: readonly string[]
}

/** Folders that never contain manifests. */
const NEVER: ReadonlySet<string> = new Set(['node_modules', '.git', '.imagegen'])

const NAMES_IMAGES = /image.*\./i

/** `hero.images.yaml`, `hero-image.yml`, `hero.image.yaml.txt`, `hero.image.yamll`. */
const NEARLY = /(?:^|[._-])images?(?:\.\w+)*\.(?:ya?ml\w?|yma?l|txt|json)$/i

/** @param found the manifests of the project, absolute. */
export function overlookedManifests(root: string, found: ReadonlySet<string>): Overlooked {
  // Folders such as `.storybook`, which globs skip, are searched only if nothing else is found: some hold caches.
  const files = filesAbout(root, found.size === 0)
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

/**
 * The files below a folder that have `image` in their name, absolute. Links are not followed. A command asks for this
 * beside the search for manifests, and reading the folders is several times as fast as a glob.
 */
function filesAbout(root: string, isHiddenToo: boolean): string[] {
  const files: string[] = []
  const folders = [root]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const start = folder.endsWith(path.sep) ? folder : folder + path.sep
    for (const entry of entriesOf(folder)) {
      if (entry.name.startsWith('.') && !isHiddenToo) continue
      if (entry.isDirectory()) {
        if (!NEVER.has(entry.name)) folders.push(start + entry.name)
      } else if (entry.isFile() && NAMES_IMAGES.test(entry.name)) {
        files.push(start + entry.name)
      }
    }
  }
  return files
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    // The folder was removed, or is not readable.
    return []
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
