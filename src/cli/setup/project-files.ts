import { readdirSync } from 'node:fs'
import path from 'node:path'
import { readFileIfThere } from '../../shared/files.ts'
import { isRecord } from '../../shared/record.ts'

/** The files of a project that setup advice depends on. */
export interface ProjectFiles {
  /** Absolute path. */
  readonly root: string
  /** The names of files in the root folder. */
  readonly names: readonly string[]
  /** All packages in package.json, of every kind of dependency. */
  readonly dependencies: ReadonlySet<string>
  readonly scripts: Readonly<Record<string, string>>
  /** Whether package.json says `"type": "module"`. */
  readonly isModule: boolean
  /** A file's text; `''` if it does not exist. */
  read(file: string): string
}

export function readProjectFiles(root: string): ProjectFiles {
  const read = (file: string): string =>
    readFileIfThere(path.join(root, file))?.toString('utf8') ?? ''
  const manifest = parsePackage(read('package.json'))
  const kinds = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']
  const scripts = manifest['scripts']
  return {
    root,
    names: readdirSync(root).sort(),
    dependencies: new Set(kinds.flatMap((kind) => namesOf(manifest[kind]))),
    scripts: Object.fromEntries(
      Object.entries(isRecord(scripts) ? scripts : {}).filter(
        (script): script is [string, string] => typeof script[1] === 'string',
      ),
    ),
    isModule: manifest['type'] === 'module',
    read,
  }
}

function namesOf(dependencies: unknown): string[] {
  return isRecord(dependencies) ? Object.keys(dependencies) : []
}

function parsePackage(text: string): Record<string, unknown> {
  try {
    const manifest: unknown = JSON.parse(text)
    return isRecord(manifest) ? manifest : {}
  } catch {
    // There is no package.json, or the package manager reports its errors.
    return {}
  }
}
