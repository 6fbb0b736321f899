import { readFileSync } from 'node:fs'
import path from 'node:path'
import { writeFileAtomic } from '../shared/files.ts'
import { isRecord } from '../shared/record.ts'
import type { ManifestContent } from './manifest.ts'
import type { ManifestMemory } from './read.ts'

/** Changes with what a parsed manifest looks like, or with what the validator accepts. */
const MEMORY_VERSION = 1

/** Parsed manifests by the hash of their bytes, kept across runs. */
export interface KeptManifests extends ManifestMemory {
  /** Writes what was used since the last time, if it is not what the file holds. */
  save(): Promise<void>
}

/**
 * Remembers parsed manifests in a file of the cache. Parsing is what planning costs; looking up by the hash of the bytes
 * is several times as fast and, unlike times and sizes of files, never wrong.
 *
 * @param release this package's version: another one may read manifests otherwise.
 */
export function rememberManifests(cacheDir: string, release: string): KeptManifests {
  const file = path.join(cacheDir, 'manifests.json')
  const version = `${MEMORY_VERSION} ${release}`
  let kept: Map<string, ManifestContent> | undefined
  let used = new Map<string, ManifestContent>()
  let isNew = false
  return {
    get(hash) {
      const content = used.get(hash) ?? (kept ??= load(file, version)).get(hash)
      if (content !== undefined) used.set(hash, content)
      return content
    },
    set(hash, content) {
      used.set(hash, content)
      isNew = true
    },
    async save() {
      const isSame = !isNew && used.size === (kept?.size ?? 0)
      if (!isSame) {
        await writeFileAtomic(file, JSON.stringify({ version, manifests: [...used] }))
      }
      kept = used
      used = new Map()
      isNew = false
    },
  }
}

function load(file: string, version: string): Map<string, ManifestContent> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!isRecord(value) || value['version'] !== version) return new Map()
    const { manifests } = value
    return new Map(Array.isArray(manifests) ? (manifests as Array<[string, ManifestContent]>) : [])
  } catch {
    // Not there or damaged: everything is parsed once more.
    return new Map()
  }
}
