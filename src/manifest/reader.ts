import { ImagegenError, type Problem } from '../shared/errors.ts'
import { discoverManifests, manifestPath } from './discover.ts'
import type { Manifest } from './manifest.ts'
import type { KeptManifests } from './memory.ts'
import { loadManifest, understandManifest } from './read.ts'

/** The manifests of a project at one moment. */
export interface ManifestsRead {
  readonly manifests: readonly Manifest[]
  /** Manifests that are there and cannot be read, by their path from the root. */
  readonly broken: ReadonlyMap<string, readonly Problem[]>
}

/**
 * Reads the manifests of a project, again and again. One whose bytes are those of the last time stays the same object, so
 * that what was made of it can be used again; that is told by the bytes, never by times and sizes of files.
 */
export interface ManifestReader {
  /** Finds and reads all of them. */
  readAll(): ManifestsRead
  /**
   * Reads one of them again.
   *
   * @param file absolute.
   * @returns whether it was one of those found the last time, and is still there.
   */
  readAgain(file: string): boolean
  /** What was read last. */
  current(): ManifestsRead
  /** Remembers in the cache what was parsed. */
  remember(): Promise<void>
}

export interface ManifestPlaces {
  /** Absolute. */
  readonly root: string
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

/** What a file was found to be. */
type Held = { readonly path: string; readonly hash: string } & (
  | { readonly manifest: Manifest }
  | { readonly problems: readonly Problem[] }
)

export function createManifestReader(
  { root, include, exclude }: ManifestPlaces,
  memory: KeptManifests,
): ManifestReader {
  let held: ReadonlyMap<string, Held> = new Map()

  function read(file: string, path: string): Held {
    let hash = ''
    try {
      const source = loadManifest(file, path)
      hash = source.hash
      const earlier = held.get(file)
      if (earlier?.hash === hash) return earlier
      return { path, hash, manifest: understandManifest(source, memory) }
    } catch (error) {
      if (!(error instanceof ImagegenError)) throw error
      // Without a hash it is looked at again, and with one it would be just as wrong.
      return { path, hash, problems: error.problems }
    }
  }

  function current(): ManifestsRead {
    const manifests: Manifest[] = []
    const broken = new Map<string, readonly Problem[]>()
    for (const one of held.values()) {
      if ('manifest' in one) manifests.push(one.manifest)
      else broken.set(one.path, one.problems)
    }
    return { manifests, broken }
  }

  return {
    current,
    readAll() {
      const files = discoverManifests(root, include, exclude)
      held = new Map(files.map((file) => [file, read(file, manifestPath(root, file))]))
      return current()
    },
    readAgain(file) {
      const earlier = held.get(file)
      if (earlier === undefined) return false
      const now = read(file, earlier.path)
      // What cannot be read at all may be gone: only finding all of them tells.
      if (now.hash === '') return false
      held = new Map([...held, [file, now]])
      return true
    },
    remember: () => memory.save(new Set([...held.values()].map(({ hash }) => hash))),
  }
}
