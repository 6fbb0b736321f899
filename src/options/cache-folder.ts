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
  /** What to set, where it is not the folder that the options name. */
  readonly warning: string | undefined
}

/** Only its user may write there, wherever the system keeps temporary files. */
const PRIVATE = 0o700

/**
 * The folder for a cache that is to be in `wanted`. Where that cannot be written, as in a checkout that may only be read,
 * a folder of this user among the system's temporary files takes its place, begun with what `wanted` holds: a build that
 * needs nothing but a place for its renditions goes on.
 *
 * @param wanted absolute.
 */
export function cacheFolder(wanted: string): CacheFolder {
  if (isWritable(nearestExisting(wanted))) return { folder: wanted, warning: undefined }
  const folder = substituteFor(wanted)
  if (folder === undefined) return { folder: wanted, warning: undefined }
  return {
    folder,
    warning: `The cache ${wanted} cannot be written; ${folder} is used instead. Set the option \`cacheDir\` to a folder that this user may write.`,
  }
}

function substituteFor(wanted: string): string | undefined {
  try {
    const user = process.geteuid?.()
    const home = path.join(tmpdir(), `unplugin-imagegen-${user ?? 'cache'}`)
    mkdirSync(home, { recursive: true, mode: PRIVATE })
    const { uid, mode } = lstatSync(home)
    // Others may write among temporary files: a folder of theirs could decide which picture is shown.
    const isOurs =
      lstatSync(home).isDirectory() &&
      (user === undefined || (uid === user && (mode & 0o022) === 0))
    if (!isOurs) return undefined
    const folder = path.join(home, sha256(wanted).slice(0, 16))
    copyOf(wanted, folder)
    return folder
  } catch {
    // Then nothing can be written anywhere, and whoever tries says so.
    return undefined
  }
}

function copyOf(wanted: string, folder: string): void {
  const isBegun = existsSync(folder)
  mkdirSync(folder, { recursive: true, mode: PRIVATE })
  if (!existsSync(wanted)) return
  const left = path.join(wanted, 'options.json')
  if (isBegun) {
    // The last build may have been another one since.
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
    // The system answers for the user who started this process, which may act as another one.
    if (process.geteuid?.() !== process.getuid?.()) {
      rmdirSync(mkdtempSync(path.join(folder, '.imagegen-')))
    }
    return true
  } catch {
    return false
  }
}
