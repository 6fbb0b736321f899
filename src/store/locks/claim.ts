import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import * as v from 'valibot'
import { isNotFound } from '../../shared/files.ts'
import { isLink } from '../boundary.ts'
import { stateOf, type ProcessIdentity } from './process-identity.ts'

/** After so many milliseconds without a sign of life a claim that nobody here can judge counts as left behind. */
export const SILENCE = 60_000

const ownerSchema: v.GenericSchema<unknown, ProcessIdentity> = v.object({
  host: v.string(),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  startTime: v.nullable(v.string()),
})

/** A file that says: this process wants, or has, this lock. Its name is never used a second time. */
export interface Claim {
  readonly file: string
  /** The lock's name. */
  readonly name: string
  readonly nonce: string
  /** `null` where the content cannot be read. */
  readonly owner: ProcessIdentity | null
  /** When it was made, by the clock of the file system. */
  readonly born: number
  /** Last sign of life, by the same clock. */
  readonly seen: number
}

/** Writes a claim that appears whole or not at all. */
export function makeClaim(folder: string, name: string, owner: ProcessIdentity): Claim {
  mkdirSync(folder, { recursive: true })
  const nonce = randomBytes(8).toString('hex')
  const file = path.join(folder, `${name}.${nonce}.lock`)
  writeWhole(file, JSON.stringify(owner))
  const { birthtimeMs: born, mtimeMs: seen } = statSync(file)
  return { file, name, nonce, owner, born, seen }
}

/** Writes beside and renames, without waiting for the disk: after a loss of power nobody holds anything. */
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
 * @param isWanted by the lock's name: the others' files are not opened.
 */
export function listClaims(folder: string, isWanted: (name: string) => boolean): Claim[] {
  return lockNames(folder).flatMap((entry) => {
    const [, name, nonce] = /^([\w-]+)\.([0-9a-f]{16})\.lock$/.exec(entry) ?? []
    if (name === undefined || nonce === undefined) return []
    if (!isWanted(name)) return []
    const claim = readClaim(path.join(folder, entry), name, nonce)
    return claim === undefined ? [] : [claim]
  })
}

/**
 * Whether the process of a claim still runs. `silent`: elsewhere, without a sign of life for a minute by its date.
 * `ahead`: elsewhere, and dated in the future, so its date says nothing: a clock was set back.
 */
export type ClaimState = 'alive' | 'gone' | 'silent' | 'ahead'

/**
 * What can be told of a claim by one look. On this machine only the process counts, however slow the machine or long the
 * silence; of others only their signs of life can be seen.
 *
 * @param clock the present in milliseconds; asked only for claims from elsewhere.
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

/** Clocks of one machine and one file system may differ by so many milliseconds. */
const TOLERANCE = 2000

/** The claim as it is now; nothing where it was removed. */
export function readAgain({ file, name, nonce }: Claim): Claim | undefined {
  return readClaim(file, name, nonce)
}

/** A sign of life for other machines. Writing moves the time stamp by the file system's clock, which all share. */
export function touchClaim({ file, owner }: Claim): void {
  // Never created anew: whoever removed it has the lock.
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

function lockNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

/** @returns nothing where it has been removed meanwhile. */
function readClaim(file: string, name: string, nonce: string): Claim | undefined {
  try {
    // No claim of ours is a link, and what it leads to may never end.
    if (isLink(file)) return undefined
    // Opened, not only looked at: network file systems fetch fresh time stamps on opening.
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
