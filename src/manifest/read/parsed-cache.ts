import { readFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { replaceFile } from '../../shared/files.ts'
import type { ManifestContent } from '../manifest.ts'
import type { ManifestMemory } from './read.ts'

/** Changes with what a parsed manifest looks like, or with what the validator accepts. */
const MEMORY_VERSION = 2

/** Manifests that nobody uses any more are kept until there are as many of them as of others, and so many beside. */
const SPARE = 100

/** Parsed manifests by the hash of their bytes, kept across runs. */
export interface KeptManifests extends ManifestMemory {
  /** Whether something is remembered; it may turn out to be damaged. */
  has(hash: string): boolean
  /** @param line the content as JSON. */
  keep(hash: string, line: string): void
  /**
   * Writes what is new.
   *
   * @param used the hashes of all manifests that there are: others are forgotten when they have become many.
   */
  save(used: ReadonlySet<string>): Promise<void>
}

/**
 * Remembers parsed manifests in a file of the cache. Parsing is what planning costs; looking up by the hash of the bytes
 * is several times as fast and, unlike times and sizes of files, never wrong.
 *
 * The file has a line for each of them, `<hash> <JSON>`, after one with the version. What is new is appended; a line that
 * was cut off by a crash is no JSON, and is as good as not there.
 *
 * @param release this package's version: another one may read manifests otherwise.
 */
export function rememberManifests(cacheDir: string, release: string): KeptManifests {
  const file = path.join(cacheDir, 'manifests.jsonl')
  const head = JSON.stringify({ version: MEMORY_VERSION, release })
  let loaded: Lines | undefined
  let fresh = new Map<string, string>()

  const lines = (): Lines => (loaded ??= load(file, head))
  return {
    get(hash) {
      const line = fresh.get(hash) ?? lines().byHash.get(hash)
      return line === undefined ? undefined : parse(line)
    },
    has: (hash) => fresh.has(hash) || lines().byHash.has(hash),
    set(hash, content) {
      fresh.set(hash, JSON.stringify(content))
    },
    keep(hash, line) {
      fresh.set(hash, line)
    },
    async save(used) {
      const { byHash, isSound } = lines()
      for (const [hash, line] of fresh) byHash.set(hash, line)
      const added = textOf(fresh)
      fresh = new Map()
      const isCrowded = byHash.size > 2 * used.size + SPARE
      if (added === '' && !isCrowded) return
      if (isSound && !isCrowded) return appendFile(file, added)
      for (const hash of byHash.keys()) if (!used.has(hash)) byHash.delete(hash)
      replaceFile(file, `${head}\n${textOf(byHash)}`)
      loaded = { byHash, isSound: true }
    },
  }
}

interface Lines {
  readonly byHash: Map<string, string>
  /** Whether the file is one that can be appended to. */
  readonly isSound: boolean
}

function load(file: string, head: string): Lines {
  const byHash = new Map<string, string>()
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    // Not there or unreadable: everything is parsed once more.
    return { byHash, isSound: false }
  }
  const [first, ...rest] = text.split('\n')
  if (first !== head) return { byHash, isSound: false }
  for (const line of rest) byHash.set(line.slice(0, 64), line.slice(65))
  return { byHash, isSound: byHash.delete('') }
}

function textOf(lines: ReadonlyMap<string, string>): string {
  let text = ''
  for (const [hash, line] of lines) text += `${hash} ${line}\n`
  return text
}

function parse(line: string): ManifestContent | undefined {
  try {
    return JSON.parse(line) as ManifestContent
  } catch {
    // Cut off when its process ended: the manifest is parsed once more.
    return undefined
  }
}
