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
 * Distinguishes cache files that this package wrote from files that came in another way, such as with a commit.
 * `cacheDir` may be inside a checkout, and its content decides what is paid for and which picture is shown.
 *
 * Everything there is signed with a random key in the same folder, so that a CI service that restores the folder
 * restores the key too. A commit can contain a file of that name, but not with that mode: git knows only 644 and 755. A
 * key without the mark is ignored.
 */
export interface CacheSeal {
  /** HMAC-SHA256 of the parts, in hex. Creates the key if it is missing. */
  sign(...parts: readonly Part[]): string
  /** Whether a signature is what `sign` returned for these parts. */
  isSigned(signature: string, ...parts: readonly Part[]): boolean
}

type Part = string | Uint8Array

/**
 * The mark: the group may execute the file and its owner may not. A umask that turned git's 755 into this would take
 * `x` from the owner, and Git LFS removes only write bits. Other users may read the key, as a CI service does that
 * builds as another user. The folder's modes, not this mark, protect against users who can write there.
 */
const MARKED_MODE = 0o654

/** Not the whole mode: a umask may remove bits of the group and of others when a copy is made. */
function hasMark(mode: number): boolean {
  return (mode & 0o110) === 0o010
}

/** Hex digits. */
const KEY_LENGTH = 64

/** The number of unmarked files after which no key is kept: each copy of the cache without modes leaves one. */
const MOST_KEYS = 64

/** Keeps the files of a cache, above all the key, from being committed by mistake. */
const IGNORED = `/.gitignore
/key*
/manifests.jsonl
/options.json
/adopted/
/modules/
/records/
/renditions/
/studio/
/turbopack/
`

/** Opening it reads and writes nothing. */
export function createCacheSeal(cacheDir: string): CacheSeal {
  let known: string | undefined
  let isKeptElsewhere = process.platform === 'win32'

  function keyToRead(): string | undefined {
    return (known ??= readKey(cacheDir) ?? readKey(homeFolder()))
  }

  /** Read each time: another process may have deleted the folder and created it again. */
  function keyToWrite(): string {
    const found = readKey(cacheDir)
    if (found !== undefined) return (known = found)
    const made = isKeptElsewhere ? undefined : makeKey(cacheDir)
    if (made !== undefined) return (known = made)
    // The file system has no modes, as some shared folders, or the folder cannot be written.
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
  // Each part has its length, so that it cannot pass for the end of the one before.
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
      // The key belongs to another user and is private.
    }
  }
  return undefined
}

/**
 * @returns the key that is there afterwards, which another process may have written; `undefined` where none can be
 * kept.
 */
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

/** Writes the key atomically with its mark. If another process was faster, its key stays. */
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
    // The user's own .gitignore stays.
  }
}

/** Names that are taken by another file are skipped: removing it would race with other processes that write a key. */
function* keyFiles(folder: string): Generator<string> {
  yield path.join(folder, 'key')
  for (let number = 2; number <= MOST_KEYS; number++) yield path.join(folder, `key-${number}`)
}

function stateOf(file: string): 'absent' | 'marked' | 'strange' {
  try {
    const stats = lstatSync(file, { throwIfNoEntry: false })
    if (stats === undefined) return 'absent'
    // Windows has no such modes; the key is in the home folder there.
    const isMarked = process.platform === 'win32' || hasMark(stats.mode)
    return stats.isFile() && isMarked ? 'marked' : 'strange'
  } catch {
    // This user may not read the folder.
    return 'strange'
  }
}
