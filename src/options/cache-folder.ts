import {
  accessSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmdirSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sha256 } from '../shared/hash.ts'

/** Where a cache is kept. */
export interface CacheFolder {
  /** Absolute. */
  readonly folder: string
  /** The advice for the user where the cache is not in the folder that the options name. */
  readonly warning: string | undefined
}

/** Only its user may write there, wherever the system keeps temporary files. */
const PRIVATE = 0o700

/**
 * Finds a writable folder for a cache. Where `wanted` is read-only, as in a read-only checkout, the cache is a folder
 * of this user among the system's temporary files, filled with the content of `wanted`. So a build that needs only a
 * place for its renditions works.
 *
 * @param wanted absolute.
 */
export function cacheFolder(wanted: string): CacheFolder {
  if (isWritable(nearestExisting(wanted))) return { folder: wanted, warning: undefined }
  const folder = substituteFor(wanted)
  if (folder === undefined) return { folder: wanted, warning: undefined }
  return {
    folder,
    warning: `The cache ${wanted} cannot be written; ${folder} is used instead. Set the option \`cacheDir\` to a folder that this user can write to.`,
  }
}

function substituteFor(wanted: string): string | undefined {
  try {
    const user = process.geteuid?.()
    const home = path.join(tmpdir(), `unplugin-imagegen-${user ?? 'cache'}`)
    mkdirSync(home, { recursive: true, mode: PRIVATE })
    const { uid, mode } = lstatSync(home)
    // Other users may write temporary files: a folder of theirs could decide which picture is shown.
    const isOurs =
      lstatSync(home).isDirectory() &&
      (user === undefined || (uid === user && (mode & 0o022) === 0))
    if (!isOurs) return undefined
    const folder = path.join(home, sha256(wanted).slice(0, 16))
    copyOf(wanted, folder)
    return folder
  } catch {
    // No folder can be written. The code that writes reports it.
    return undefined
  }
}

function copyOf(wanted: string, folder: string): void {
  const isBegun = existsSync(folder)
  mkdirSync(folder, { recursive: true, mode: PRIVATE })
  if (!existsSync(wanted)) return
  const left = path.join(wanted, 'options.json')
  if (isBegun) {
    // Another build may have updated it since.
    if (existsSync(left)) copyFileSync(left, path.join(folder, 'options.json'))
    return
  }
  const filter = (file: string): boolean => !lstatSync(file).isSymbolicLink()
  cpSync(wanted, folder, { recursive: true, filter })
}

function nearestExisting(folder: string): string {
  const parent = path.dirname(folder)
  return existsSync(folder) || parent === folder ? folder : nearestExisting(parent)
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    // `userInfo` reports the user who started this process, but the process may run as another one.
    if (process.geteuid?.() !== process.getuid?.()) {
      rmdirSync(mkdtempSync(path.join(folder, '.imagegen-')))
    }
    return true
  } catch {
    return false
  }
}
