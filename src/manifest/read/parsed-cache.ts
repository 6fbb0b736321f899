import { readFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { createCacheSeal, type CacheSeal } from '../../shared/cache-seal.ts'
import { replaceFile } from '../../shared/files.ts'
import type { ManifestContent } from '../manifest.ts'
import type { ManifestMemory } from './read.ts'

/** Changes with what a parsed manifest looks like, or with what the validator accepts. */
const MEMORY_VERSION = 3

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
 * The file has a line for each of them, `<hash> <JSON>`, after one with the version. What is new is appended as a block
 * with a signature before it: what somebody else wrote, or a crash cut off, is parsed once more.
 *
 * @param release this package's version: another one may read manifests otherwise.
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
  /** Whether the file is one that can be appended to. */
  readonly isSound: boolean
}

function load(file: string, head: string, seal: CacheSeal): Lines {
  const byHash = new Map<string, string>()
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch {
    // Not there or unreadable: everything is parsed once more.
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

/** Lines with their signature and their length in bytes before them. One signature, since there may be 10,000 lines. */
function blockOf(text: string, head: string, seal: CacheSeal): Buffer {
  const lines = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${seal.sign(head, lines)} ${lines.length}\n`), lines])
}

/** The lines of a block, if they are signed. */
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
    // Of a signed block, too: what cannot be read is parsed once more.
    return undefined
  }
}
