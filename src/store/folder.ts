import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, lutimesSync, mkdirSync, renameSync } from 'node:fs'
import { open, rm, statfs } from 'node:fs/promises'
import path from 'node:path'
import { ImagegenError } from '../shared/errors.ts'
import {
  errorCode,
  flushToDisk,
  isNotFound,
  namesIn,
  toPosix,
  writeFileAtomic,
} from '../shared/files.ts'
import { sha256 } from '../shared/hash.ts'
import { type Boundary, checkInside, isOwnFile } from './boundary.ts'
import { parseFileName } from './file-name.ts'
import type { ProcessIdentity } from './locks/process-identity.ts'
import type { ReceiptCheck } from './receipt.ts'
import { storageError } from './storage-error.ts'

const IGNORED = `# Folders that only this machine uses. Commit the pictures and receipts beside this file.
types/
pending/
locks/
quarantine/
trash/
`

/** With less free space, a response could arrive that does not fit on the disk. */
const LEAST_FREE_BYTES = 32 * 1024 * 1024

/**
 * Writes a `.gitignore` for the folders that only this machine uses. Callers that write to the store before any image
 * is generated call it first.
 *
 * @param root the store's folder, absolute.
 * @param temporary a folder on the same file system for unfinished files.
 */
export async function ignoreLocalFolders(root: string, temporary: string): Promise<void> {
  const ignore = path.join(root, '.gitignore')
  if (!existsSync(ignore)) await writeFileAtomic(ignore, IGNORED, temporary)
}

/**
 * Why a store is opened. `look` changes nothing that is there; it keeps what it reads from a remote. `untouched` does not
 * even do that.
 */
export type StorePurpose = 'make' | 'look' | 'untouched'

/** The folders of a store. `root` is the store itself. */
export type StorePlace = 'root' | 'pending' | 'locks' | 'quarantine' | 'trash'

/** The paths in the store's folder, and the only code that lists it and writes to it. */
export interface StoreFolder {
  readonly self: ProcessIdentity
  readonly purpose: StorePurpose
  /** Checks a receipt against its key. */
  readonly checkReceipt: ReceiptCheck
  readonly root: string
  readonly pending: string
  readonly locks: string
  readonly quarantine: string
  readonly trash: string
  /** Holds the unfinished files of this process. */
  readonly temporary: string
  /**
   * Checks that the store and its folders are inside the boundary.
   *
   * @throws ImagegenError with code `config` where a folder is a link or is outside, and `store.outside` does not allow
   * it.
   */
  check(): void
  /**
   * The names in a folder. Empty where the folder does not exist.
   *
   * @throws ImagegenError as `check`, or `unavailable` where the folder cannot be read.
   */
  names(place: StorePlace): string[]
  /** Whether a file belongs to the store. A link that leads out does not. */
  isOwn(file: string): boolean
  /** A file's path for messages: `.imagegen/kira….jpg`. */
  show(file: string): string
  /** The absolute path for a path that `show` returned. */
  locate(shown: string): string
  /**
   * Creates the folders and checks that the disk has room.
   *
   * @throws ImagegenError with code `unavailable`, or as `check`.
   */
  prepare(): Promise<void>
  /**
   * Writes a file atomically. Even after a loss of power the file is complete or absent.
   *
   * @throws ImagegenError with code `unavailable`: full disk, no permission.
   */
  write(file: string, data: string | Uint8Array): Promise<void>
  /**
   * Moves a file into one of the store's folders. Picks a new name where the wanted one is taken.
   *
   * @param name default: the file's current name.
   * @returns the new path, or `undefined` where the file no longer exists.
   * @throws ImagegenError with code `unavailable`.
   */
  moveAside(file: string, target: 'quarantine' | 'trash', name?: string): string | undefined
  /**
   * Moves a file of the trash into the store's own folder. A file that has the name already stays, and so does the one in
   * the trash. A file that no longer exists is skipped.
   *
   * @throws ImagegenError with code `unavailable`.
   */
  moveBack(file: string, name: string): void
}

interface StoreFolderOptions {
  /** Limits where the folder may be. Default: inside its parent folder, and not a link. */
  readonly boundary?: Boundary
  /** Default: `make`. */
  readonly purpose?: StorePurpose
}

export function storeFolder(
  root: string,
  self: ProcessIdentity,
  checkReceipt: ReceiptCheck = () => undefined,
  options: StoreFolderOptions = {},
): StoreFolder {
  const { purpose = 'make', boundary = { within: path.dirname(root), outside: false } } = options
  const pending = path.join(root, 'pending')
  const temporary = path.join(pending, temporaryName(self))
  const folders = {
    root,
    pending,
    locks: path.join(root, 'locks'),
    quarantine: path.join(root, 'quarantine'),
    trash: path.join(root, 'trash'),
  }
  const show = (file: string): string =>
    toPosix(path.join(path.basename(root), path.relative(root, file)))
  const check = (...which: readonly string[]): void => {
    try {
      checkInside(root, boundary, which)
    } catch (error) {
      throw storageError(error, `Cannot use ${show(root)}`)
    }
  }
  const checkAll = (): void => check(...Object.values(folders), temporary)

  return {
    self,
    purpose,
    checkReceipt,
    ...folders,
    temporary,
    check: checkAll,
    names(place) {
      check(folders[place])
      try {
        return namesIn(folders[place])
      } catch (error) {
        throw storageError(error, `Cannot read ${folders[place]}`)
      }
    },
    isOwn: (file) => isOwnFile(file, boundary),
    show,
    locate: (shown) => path.resolve(path.dirname(root), shown),

    async prepare() {
      checkAll()
      try {
        mkdirSync(pending, { recursive: true })
        await ignoreLocalFolders(root, temporary)
        accessSync(root, constants.W_OK)
        const probe = path.join(pending, 'probe')
        await writeFileAtomic(probe, '', temporary)
        await rm(probe, { force: true })
      } catch (error) {
        throw storageError(error, `Cannot write to ${show(root)}`)
      }
      const free = await freeBytes(root)
      if (free < LEAST_FREE_BYTES) {
        throw new ImagegenError('unavailable', {
          message: `The disk that holds ${show(root)} is full: ${Math.floor(free / 1024)} KiB are left.`,
          hint: 'Free some space first, so that paid pictures can be stored. Nothing was requested.',
        })
      }
    },

    async write(file, data) {
      checkAll()
      if (purpose === 'untouched') {
        throw new ImagegenError('unavailable', {
          message: `${show(file)} is not kept: this command does not write to the store.`,
        })
      }
      try {
        await ignoreLocalFolders(root, temporary)
        await writeFileAtomic(file, data, temporary)
        await syncFolder(path.dirname(file))
      } catch (error) {
        throw storageError(error, `Cannot write ${show(file)}`)
      }
    },

    moveAside(file, target, name = path.basename(file)) {
      const folder = folders[target]
      const wanted = path.join(folder, name)
      checkAll()
      try {
        mkdirSync(folder, { recursive: true })
        const free = existsSync(wanted)
          ? path.join(folder, `${randomBytes(4).toString('hex')}-${name}`)
          : wanted
        touch(file)
        renameSync(file, free)
        return free
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw storageError(error, `Cannot move ${show(file)} to ${show(folder)}`)
      }
    },

    moveBack(file, name) {
      const wanted = path.join(root, name)
      checkAll()
      try {
        if (!existsSync(wanted)) renameSync(file, wanted)
      } catch (error) {
        if (!isNotFound(error))
          throw storageError(error, `Cannot move ${show(file)} out of the trash`)
      }
    },
  }
}

/** Whether the local store shows that anything was paid for. */
export function holdsReceipts(folder: StoreFolder): boolean {
  return folder.names('root').some((name) => parseFileName(name)?.extension === 'json')
}

/**
 * Sets the time from which `prune --older-than` counts. It is set before the move, so that a crash never makes a file
 * look older than it is.
 */
function touch(file: string): void {
  try {
    // `lutimes` changes a link itself, not its target.
    lutimesSync(file, new Date(), new Date())
  } catch (error) {
    // The owner of a folder may move another user's file, but may not set its times.
    if (errorCode(error) !== 'EPERM') throw error
  }
}

/** Some file systems report no sizes. They do not count as full. */
async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize, blocks } = await statfs(folder)
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize
}

/** Makes a rename survive a loss of power. Systems that cannot open a folder do this themselves. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await flushToDisk(handle)
  } finally {
    await handle.close()
  }
}

/** The name of a process's folder for unfinished files. The name tells which process may clean it up. */
export function temporaryName(owner: ProcessIdentity): string {
  return `${hostDigest(owner.host)}-${owner.pid}-${owner.startTime ?? ''}.tmp`
}

/** The process that owns a folder of unfinished files. `undefined` where the name does not tell. */
export function temporaryOwner(name: string, self: ProcessIdentity): ProcessIdentity | undefined {
  const [, host, pid, startTime] = /^([0-9a-f]{12})-(\d+)-(\w*)\.tmp$/.exec(name) ?? []
  if (host === undefined || pid === undefined || startTime === undefined) return undefined
  return {
    host: host === hostDigest(self.host) ? self.host : host,
    pid: Number(pid),
    startTime: startTime === '' ? null : startTime,
  }
}

function hostDigest(host: string): string {
  return sha256(host).slice(0, 12)
}
