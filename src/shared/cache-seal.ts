import { createHmac, randomBytes } from 'node:crypto'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/**
 * Tells what this package wrote into a cache from what came there in another way, such as with a commit: `cacheDir` may
 * lie inside a checkout, and what it holds decides what is paid for and which picture is shown.
 *
 * Everything there is signed with a random key that lies in the same folder, so that a CI service which restores the
 * folder restores the key too. A commit can hold a file of that name, but not one of that mode: git knows 644 and 755
 * only. A key without the mark is passed over.
 */
export interface CacheSeal {
  /** HMAC-SHA256 of the parts, in hex. Makes the key where there is none. */
  sign(...parts: readonly Part[]): string
  /** Whether a signature is what `sign` gave for these parts. */
  isSigned(signature: string, ...parts: readonly Part[]): boolean
}

type Part = string | Uint8Array

/**
 * The mark is that the group may execute the file and its owner may not: a umask that made this of git's 755 would take
 * `x` from whoever set it, and Git LFS takes write bits only. Others may read the key, as a CI service does that builds as
 * another user; who can write to the folder is held off by its modes, not by this.
 */
const MARKED_MODE = 0o654

/** Not the whole mode: where a copy is made, a umask may take bits of the group and of others. */
function hasMark(mode: number): boolean {
  return (mode & 0o110) === 0o010
}

/** Hex digits. */
const KEY_LENGTH = 64

/** Files without the mark that are passed over before no key is kept: each copy of the cache without modes leaves one. */
const MOST_KEYS = 64

/** What keeps the files of a cache, the key above all, from being added to a commit by mistake. */
const IGNORED = `/.gitignore
/key*
/manifests.jsonl
/options.json
/modules/
/records/
/renditions/
/turbopack/
`

/** Opening it touches nothing. */
export function createCacheSeal(cacheDir: string): CacheSeal {
  let known: string | undefined
  let isKeptElsewhere = process.platform === 'win32'

  function keyToRead(): string | undefined {
    return (known ??= readKey(cacheDir) ?? readKey(homeFolder()))
  }

  /** Looked up each time: the folder may have been deleted, and begun by another process. */
  function keyToWrite(): string {
    const found = readKey(cacheDir)
    if (found !== undefined) return (known = found)
    const made = isKeptElsewhere ? undefined : makeKey(cacheDir)
    if (made !== undefined) return (known = made)
    // A file system without modes, as some shared folders have, or a folder that cannot be written.
    isKeptElsewhere = true
    known = readKey(homeFolder()) ?? makeKey(homeFolder()) ?? known
    return (known ??= randomKey())
  }

  return {
    sign: (...parts) => signatureOf(keyToWrite(), parts),
    isSigned(signature, ...parts) {
      const key = keyToRead()
      return key !== undefined && signatureOf(key, parts) === signature
    },
  }
}

function homeFolder(): string {
  return path.join(homedir(), '.cache', 'unplugin-imagegen')
}

function randomKey(): string {
  return randomBytes(KEY_LENGTH / 2).toString('hex')
}

function signatureOf(key: string, parts: readonly Part[]): string {
  const hmac = createHmac('sha256', key)
  // With its length, so that no part can pass for the end of the one before.
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part)
  return hmac.digest('hex')
}

function readKey(folder: string): string | undefined {
  for (const file of keyFiles(folder)) {
    const state = stateOf(file)
    if (state === 'absent') return undefined
    if (state !== 'marked') continue
    try {
      const key = readFileSync(file, 'latin1')
      if (key.length === KEY_LENGTH) return key
    } catch {
      // Another user's, which is not for others.
    }
  }
  return undefined
}

/** @returns the key that is there then, which another process may have made; nothing where none can be kept. */
function makeKey(folder: string): string | undefined {
  for (const file of keyFiles(folder)) {
    if (stateOf(file) !== 'absent') continue
    try {
      mkdirSync(folder, { recursive: true })
      placeKey(file)
    } catch {
      return undefined
    }
    if (stateOf(file) !== 'marked') {
      rmSync(file, { force: true })
      return undefined
    }
    ignoreCache(folder)
    return readKey(folder)
  }
  return undefined
}

/** Whole and with its mark, or not at all; where another process was faster, its key stays. */
function placeKey(file: string): void {
  const temporary = `${file}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, randomKey(), { flag: 'wx', mode: 0o600 })
    chmodSync(temporary, MARKED_MODE)
    linkSync(temporary, file)
  } catch (error) {
    if (stateOf(file) === 'absent') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function ignoreCache(folder: string): void {
  try {
    writeFileSync(path.join(folder, '.gitignore'), IGNORED, { flag: 'wx' })
  } catch {
    // There is one already, which is the user's.
  }
}

/** Names that are taken by something else are left to it: to remove it would race with others who make a key. */
function* keyFiles(folder: string): Generator<string> {
  yield path.join(folder, 'key')
  for (let number = 2; number <= MOST_KEYS; number++) yield path.join(folder, `key-${number}`)
}

function stateOf(file: string): 'absent' | 'marked' | 'strange' {
  try {
    const stats = lstatSync(file, { throwIfNoEntry: false })
    if (stats === undefined) return 'absent'
    // Windows has no such modes; keys are kept in the home folder there.
    const isMarked = process.platform === 'win32' || hasMark(stats.mode)
    return stats.isFile() && isMarked ? 'marked' : 'strange'
  } catch {
    // A folder that this user may not look into.
    return 'strange'
  }
}
