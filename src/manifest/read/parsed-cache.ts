import { readFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { createCacheSeal, type CacheSeal } from '../../shared/cache-seal.ts'
import { replaceFile } from '../../shared/files.ts'
import type { ManifestContent } from '../manifest.ts'
import type { ManifestMemory } from './read.ts'

/** Increase this when the shape of a parsed manifest, or what the validator accepts, changes. */
const MEMORY_VERSION = 5

/** The cache is compacted when it holds more than twice the manifests in use, plus this many. */
const SPARE = 100

/** A cache of parsed manifests across runs, by the hash of their bytes. */
export interface KeptManifests extends ManifestMemory {
  /** Whether the cache has an entry; the entry may still be damaged. */
  has(hash: string): boolean
  /** @param line the content as JSON. */
  keep(hash: string, line: string): void
  /**
   * Writes new entries to disk.
   *
   * @param used the hashes of all current manifests; the others are dropped when the cache is compacted.
   */
  save(used: ReadonlySet<string>): Promise<void>
}

/**
 * Caches parsed manifests in a file of the cache folder. Parsing is most of the cost of planning. A lookup by the hash
 * of the bytes is several times as fast and, unlike one by time and size, never wrong.
 *
 * The file starts with a line that holds the version, and has a line `<hash> <JSON>` for each manifest. New lines are
 * appended as a signed block. A block that another program wrote, or that a crash cut off, is a cache miss.
 *
 * @param release this package's version, because another version may read manifests differently.
 */
export function rememberManifests(cacheDir: string, release: string): KeptManifests {
  const file = path.join(cacheDir, 'manifests.jsonl')
  const head = JSON.stringify({ version: MEMORY_VERSION, release })
  const seal = createCacheSeal(cacheDir)
  let loaded: Lines | undefined
  let fresh = new Map<string, string>()

  const lines = (): Lines => (loaded ??= load(file, head, seal))
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
      if (isSound && !isCrowded) return appendFile(file, blockOf(added, head, seal))
      for (const hash of byHash.keys()) if (!used.has(hash)) byHash.delete(hash)
      const block = blockOf(textOf(byHash), head, seal)
      replaceFile(file, Buffer.concat([Buffer.from(`${head}\n`), block]))
      loaded = { byHash, isSound: true }
    },
  }
}

interface Lines {
  readonly byHash: Map<string, string>
  /** Whether the file can be appended to. */
  readonly isSound: boolean
}

function load(file: string, head: string, seal: CacheSeal): Lines {
  const byHash = new Map<string, string>()
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch {
    // Missing or unreadable: every manifest is a cache miss.
    return { byHash, isSound: false }
  }
  const end = bytes.indexOf('\n')
  if (end < 0 || bytes.toString('utf8', 0, end) !== head) return { byHash, isSound: false }
  for (let start = end + 1; start < bytes.length;) {
    const block = blockAt(bytes, start, head, seal)
    if (block === undefined) return { byHash, isSound: false }
    for (const line of block.text.split('\n')) byHash.set(line.slice(0, 64), line.slice(65))
    start = block.end
  }
  byHash.delete('')
  return { byHash, isSound: true }
}

/** Lines after their signature and their length in bytes. One signature covers the block, which may have 10,000 lines. */
function blockOf(text: string, head: string, seal: CacheSeal): Buffer {
  const lines = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${seal.sign(head, lines)} ${lines.length}\n`), lines])
}

/** Reads a block; returns undefined if its signature is not valid. */
function blockAt(
  bytes: Buffer,
  start: number,
  head: string,
  seal: CacheSeal,
): { readonly text: string; readonly end: number } | undefined {
  const first = bytes.indexOf('\n', start) + 1
  const [, signature = '', length] =
    /^([0-9a-f]{64}) (\d{1,15})$/.exec(bytes.toString('latin1', start, first - 1)) ?? []
  if (length === undefined) return undefined
  const end = first + Number(length)
  const lines = bytes.subarray(first, end)
  return end <= bytes.length && seal.isSigned(signature, head, lines)
    ? { text: lines.toString('utf8'), end }
    : undefined
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
    // Treat an unreadable line as a cache miss, even in a signed block.
    return undefined
  }
}
