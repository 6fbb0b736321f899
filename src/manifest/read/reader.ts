import { setImmediate as letOthersRun } from 'node:timers/promises'
import { debug } from '../../shared/debug.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { discoverManifests, manifestPath } from './discover.ts'
import { createConnect, type Connected, type Held } from './extend.ts'
import type { KeptManifests } from './parsed-cache.ts'
import { parseAhead } from './parse-ahead.ts'
import { loadManifest, understandManifest, type ManifestSource } from './read.ts'

/** The manifests of a project at one moment. */
export type ManifestsRead = Connected

/** How far reading all manifests is. */
export interface ReadProgress {
  readonly read: number
  readonly of: number
}

/** After so many manifests, other work gets its turn. */
const AT_ONCE = 100

/**
 * Reads the manifests of a project repeatedly. A manifest with unchanged bytes stays the same object, so that results
 * derived from it can be reused. Only the bytes decide, never a file's time or size.
 */
export interface ManifestReader {
  /** Finds and reads all manifests. */
  readAll(): Promise<ManifestsRead>
  /**
   * Reads one manifest again.
   *
   * @param file absolute.
   * @returns whether the last `readAll` found the file or read it because a manifest extends it, and it still exists.
   */
  readAgain(file: string): boolean
  /** How far the newest `readAll` is; `undefined` while none is under way. */
  progress(): ReadProgress | undefined
  /** The latest result. */
  current(): ManifestsRead
  /** Writes parsed manifests to the cache. */
  remember(): Promise<void>
}

export interface ManifestPlaces {
  /** Absolute. */
  readonly root: string
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** Absolute folders that may contain extended files. */
  readonly allow: readonly string[]
}

export function createManifestReader(
  { root, include, exclude, allow }: ManifestPlaces,
  memory: KeptManifests,
): ManifestReader {
  const connect = createConnect(allow)
  let held: ReadonlyMap<string, Held> = new Map()
  /** Extended files that are not among the manifests. */
  let others: ReadonlyMap<string, Held> = new Map()
  let reads = 0
  let progress: (() => ReadProgress) | undefined

  const heldAt = (file: string): Held | undefined => held.get(file) ?? others.get(file)

  function load(file: string, path: string): ManifestSource | Held {
    return orProblems(path, '', () => loadManifest(file, path))
  }

  function understand(source: ManifestSource | Held): Held {
    if (!('bytes' in source)) return source
    const { file, path, hash } = source
    const earlier = heldAt(file)
    if (earlier?.hash === hash) return earlier
    return orProblems(path, hash, () => ({
      path,
      hash,
      manifest: understandManifest(source, memory),
    }))
  }

  function isNew(source: ManifestSource | Held): source is ManifestSource {
    return (
      'bytes' in source && heldAt(source.file)?.hash !== source.hash && !memory.has(source.hash)
    )
  }

  /** Says of manifests that are others than the last time whether the cache knows them. */
  function sayCached(sources: ReadonlyArray<ManifestSource | Held>): void {
    debug('cache', () =>
      sources.flatMap((source) => {
        if (!('bytes' in source) || heldAt(source.file)?.hash === source.hash) return []
        return memory.has(source.hash)
          ? [`${source.path}: the parsed manifest comes from the cache`]
          : [`${source.path}: the manifest is not in the cache, parsing`]
      }),
    )
  }

  function readOther(file: string): Held {
    const source = load(file, manifestPath(root, file))
    sayCached([source])
    return understand(source)
  }

  return {
    progress: () => progress?.(),
    current() {
      const now = new Map(others)
      const read = connect(held, (file) => {
        const other = now.get(file) ?? readOther(file)
        now.set(file, other)
        return other
      })
      others = now
      return read
    },
    async readAll() {
      const turn = ++reads
      const files = discoverManifests(root, include, exclude)
      const of = files.length
      const tell = (read: () => number): void => {
        if (turn === reads) progress = () => ({ read: read(), of })
      }
      tell(() => 0)
      const sources: Array<ManifestSource | Held> = []
      for (const file of files) {
        sources.push(load(file, manifestPath(root, file)))
        if (sources.length % AT_ONCE === 0) await letOthersRun()
      }
      sayCached(sources)
      const understood = new Map<string, Held>()
      const unread = sources.filter(isNew)
      await parseAhead(
        unread,
        (some) => {
          for (const source of some) understood.set(source.file, understand(source))
        },
        (hash, line) => memory.keep(hash, line),
        (taken) => tell(() => of - unread.length + taken()),
      )
      const found = new Map<string, Held>()
      const before = progress?.().read ?? 0
      tell(() => Math.max(before, found.size))
      for (const [index, source] of sources.entries()) {
        const file = files[index] ?? ''
        found.set(file, understood.get(file) ?? understand(source))
        if ((index + 1) % AT_ONCE === 0) await letOthersRun()
      }
      const extended = new Map<string, Held>()
      const read = connect(found, (file) => {
        const other = readOther(file)
        extended.set(file, other)
        return other
      })
      // A `readAll` that started later has read newer files.
      if (turn === reads) {
        held = found
        others = extended
        progress = undefined
      }
      return read
    },
    readAgain(file) {
      const earlier = heldAt(file)
      if (earlier === undefined) return false
      const source = load(file, earlier.path)
      sayCached([source])
      const now = understand(source)
      // The file may be gone; only `readAll` can tell.
      if (now.hash === '') return false
      if (held.has(file)) held = new Map([...held, [file, now]])
      else others = new Map([...others, [file, now]])
      return true
    },
    remember() {
      const all = [...held.values(), ...others.values()]
      return memory.save(new Set(all.map(({ hash }) => hash)))
    },
  }
}

/** @param hash '' if the bytes could not be read. */
function orProblems<Result>(path: string, hash: string, work: () => Result): Result | Held {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ImagegenError)) throw error
    return { path, hash, problems: error.problems }
  }
}
