import { manifestPath, discoverManifests } from '../../src/manifest/read/discover.ts'
import type { ImageEntry } from '../../src/manifest/entry.ts'
import { createConnect, type Held } from '../../src/manifest/read/extend.ts'
import {
  loadManifest,
  understandManifest,
  type ManifestMemory,
} from '../../src/manifest/read/read.ts'
import { resolveManifests, type Resolution } from '../../src/manifest/resolve/resolve.ts'
import type { ImageSettings } from '../../src/manifest/schema/schema.ts'
import { ImagegenError, type Problem } from '../../src/shared/errors.ts'
import { temporaryProject, type FileTree } from '../temporary-project.ts'

/** A cache that keeps nothing. */
export const forgetful: ManifestMemory = { get: () => undefined, set: () => undefined }

export interface ReadProject {
  readonly root: string
  readonly entries: readonly ImageEntry[]
  readonly problems: readonly Problem[]
  readonly resolution: Resolution
  /** The entry with this name, in any manifest. */
  entry: (name: string) => ImageEntry
}

/** Reads and resolves a project of files, and collects all problems. */
export async function readFiles(
  files: FileTree,
  settings: { defaults?: ImageSettings; vars?: Record<string, string>; allow?: string[] } = {},
): Promise<ReadProject> {
  const { root } = await temporaryProject(files)
  return readFolder(root, settings)
}

export function readFolder(
  root: string,
  settings: { defaults?: ImageSettings; vars?: Record<string, string>; allow?: string[] } = {},
): ReadProject {
  const allow = settings.allow ?? [root]
  const read = (file: string): Held => {
    const path = manifestPath(root, file)
    try {
      const source = loadManifest(file, path)
      return { path, hash: source.hash, manifest: understandManifest(source, forgetful) }
    } catch (error) {
      if (!(error instanceof ImagegenError)) throw error
      return { path, hash: '', problems: error.problems }
    }
  }
  const found = discoverManifests(root, ['**/*.image.{yaml,yml}'], ['**/node_modules/**'])
  const { manifests, broken } = createConnect(allow)(
    new Map(found.map((file) => [file, read(file)])),
    read,
  )
  const resolution = resolveManifests(manifests, new Set(broken.keys()), {
    root,
    defaults: settings.defaults ?? {},
    vars: new Map(Object.entries(settings.vars ?? {})),
    allow,
  })
  return {
    root,
    entries: resolution.entries,
    problems: [...broken.values(), ...resolution.problems.values()].flat(),
    resolution,
    entry(name) {
      const found = resolution.entries.find((entry) => entry.name === name)
      if (found === undefined) throw new Error(`no entry ${name}`)
      return found
    },
  }
}

/** `file:line:column message`, without frames. */
export function summaries(problems: readonly Problem[]): string[] {
  return problems.map(
    ({ message, place }) => `${place?.file}:${place?.line}:${place?.column} ${message}`,
  )
}
