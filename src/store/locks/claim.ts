import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import * as v from 'valibot'
import { isNotFound, namesIn } from '../../shared/files.ts'
import { isLink } from '../boundary.ts'
import { stateOf, type ProcessIdentity } from './process-identity.ts'

/** After this many milliseconds without a heartbeat, a claim from another machine counts as abandoned. */
export const SILENCE = 60_000

const ownerSchema: v.GenericSchema<unknown, ProcessIdentity> = v.object({
  host: v.string(),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  startTime: v.nullable(v.string()),
})

/** A file which says that a process wants or holds a lock. Its name is never used again. */
export interface Claim {
  readonly file: string
  /** The lock's name. */
  readonly name: string
  readonly nonce: string
  /** `null` where the content cannot be read. */
  readonly owner: ProcessIdentity | null
  /** When the claim was created, by the file system's clock. */
  readonly born: number
  /** The last heartbeat, by the file system's clock. */
  readonly seen: number
}

/** Writes a claim atomically. */
export function makeClaim(folder: string, name: string, owner: ProcessIdentity): Claim {
  mkdirSync(folder, { recursive: true })
  const nonce = randomBytes(8).toString('hex')
  const file = path.join(folder, `${name}.${nonce}.lock`)
  writeWhole(file, JSON.stringify(owner))
  const { birthtimeMs: born, mtimeMs: seen } = statSync(file)
  return { file, name, nonce, owner, born, seen }
}

/**
 * Writes beside the target and renames, without waiting for the disk: after a loss of power no process holds a lock.
 */
export function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${randomBytes(4).toString('hex')}.new`
  try {
    writeFileSync(temporary, text, { flag: 'wx' })
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/**
 * The claims on the locks of a folder.
 *
 * @param isWanted selects by lock name; other files are not opened.
 */
export function listClaims(folder: string, isWanted: (name: string) => boolean): Claim[] {
  return namesIn(folder).flatMap((entry) => {
    const [, name, nonce] = /^([\w-]+)\.([0-9a-f]{16})\.lock$/.exec(entry) ?? []
    if (name === undefined || nonce === undefined) return []
    if (!isWanted(name)) return []
    const claim = readClaim(path.join(folder, entry), name, nonce)
    return claim === undefined ? [] : [claim]
  })
}

/**
 * Whether the process of a claim still runs. `silent`: on another machine, without a heartbeat for a minute. `ahead`:
 * on another machine and dated in the future because a clock was set back, so the date says nothing.
 */
export type ClaimState = 'alive' | 'gone' | 'silent' | 'ahead'

/**
 * Judges a claim by one look. On this machine only the process counts, however long it is silent. For other machines
 * only heartbeats can be seen.
 *
 * @param clock returns the present in milliseconds; called only for claims from other machines.
 */
export function judgeClaim(
  { owner, seen }: Claim,
  self: ProcessIdentity,
  clock: () => number,
): ClaimState {
  const state = owner === null ? 'elsewhere' : stateOf(owner, self)
  if (state !== 'elsewhere') return state
  const age = clock() - seen
  if (age < -TOLERANCE) return 'ahead'
  return age < SILENCE ? 'alive' : 'silent'
}

/** The clocks of one machine and one file system may differ by this many milliseconds. */
const TOLERANCE = 2000

/** The claim as it is now, or `undefined` where it was removed. */
export function readAgain({ file, name, nonce }: Claim): Claim | undefined {
  return readClaim(file, name, nonce)
}

/**
 * Writes a heartbeat for other machines. Writing sets the time stamp by the file system's clock, which all machines
 * share.
 */
export function touchClaim({ file, owner }: Claim): void {
  // Without O_CREAT: the process that removed the claim has the lock.
  const handle = openSync(file, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0))
  try {
    writeSync(handle, JSON.stringify(owner), 0)
  } finally {
    closeSync(handle)
  }
}

export function dropClaim({ file }: Claim): void {
  rmSync(file, { force: true })
}

/** @returns `undefined` where the claim was removed meanwhile. */
function readClaim(file: string, name: string, nonce: string): Claim | undefined {
  try {
    // A claim is never a link, and the target of a link may never end.
    if (isLink(file)) return undefined
    // Network file systems fetch fresh time stamps only when a file is opened.
    const handle = openSync(
      file,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    )
    try {
      const stats = fstatSync(handle)
      if (!stats.isFile()) return undefined
      const { birthtimeMs: born, mtimeMs: seen } = stats
      return { file, name, nonce, owner: parseOwner(readFileSync(handle, 'utf8')), born, seen }
    } finally {
      closeSync(handle)
    }
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function parseOwner(text: string): ProcessIdentity | null {
  try {
    return v.parse(ownerSchema, JSON.parse(text))
  } catch {
    return null
  }
}

/** The present, by the clock that sets the time stamps in a folder. */
export function clockOf(folder: string): number {
  const probe = path.join(folder, `${randomBytes(8).toString('hex')}.clock`)
  try {
    writeFileSync(probe, '', { flag: 'wx' })
    return statSync(probe).mtimeMs
  } finally {
    rmSync(probe, { force: true })
  }
}
