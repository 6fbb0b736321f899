import { randomBytes } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  renameSync,
} from 'node:fs'
import { open, rm, statfs } from 'node:fs/promises'
import path from 'node:path'
import { ImagegenError } from '../shared/errors.ts'
import { errorCode, flushToDisk, isNotFound, toPosix, writeFileAtomic } from '../shared/files.ts'
import { sha256 } from '../shared/hash.ts'
import { type Boundary, checkInside, isOwnFile } from './boundary.ts'
import { parseFileName } from './file-name.ts'
import type { ProcessIdentity } from './locks/process-identity.ts'
import type { ReceiptCheck } from './receipt.ts'
import { storageError } from './storage-error.ts'

const IGNORED = `# What one machine keeps for itself. The pictures and receipts beside this file are to be committed.
types/
pending/
locks/
quarantine/
trash/
`

/** Less than this, and a response could arrive that finds no room. */
const LEAST_FREE_BYTES = 32 * 1024 * 1024

/**
 * Keeps out of git what one machine has for itself. Who writes there while no picture is made begins with this.
 *
 * @param root the store's folder, absolute.
 * @param temporary a folder for a file that is not finished, on the same file system.
 */
export async function ignoreLocalFolders(root: string, temporary: string): Promise<void> {
  const ignore = path.join(root, '.gitignore')
  if (!existsSync(ignore)) await writeFileAtomic(ignore, IGNORED, temporary)
}

/** What a store is opened for. Whoever only looks leaves what is there as it is. */
export type StorePurpose = 'make' | 'look'

/** The folders of a store; `root` is the store itself. */
export type StorePlace = 'root' | 'pending' | 'locks' | 'quarantine' | 'trash'

/** Where things lie in the store's folder, and the one way to list it and to write there. */
export interface StoreFolder {
  readonly self: ProcessIdentity
  readonly purpose: StorePurpose
  /** Holds a receipt against its key. */
  readonly checkReceipt: ReceiptCheck
  readonly root: string
  readonly pending: string
  readonly locks: string
  readonly quarantine: string
  readonly trash: string
  /** Files that this process has begun and not finished. */
  readonly temporary: string
  /**
   * Holds the store and its folders against its boundary.
   *
   * @throws ImagegenError with code `config` where one is a link or lies outside, and nothing allows it.
   */
  check(): void
  /**
   * The names in a folder, or none where there is no folder.
   *
   * @throws ImagegenError as `check`, or `unavailable` where it cannot be read.
   */
  names(place: StorePlace): string[]
  /** Whether a file of the store is one: not a link that leads out. */
  isOwn(file: string): boolean
  /** A file as people know it: `.imagegen/kira….jpg`. */
  show(file: string): string
  /** The path of a file that was shown. */
  locate(shown: string): string
  /**
   * Makes the folders, and looks whether there is room to write.
   *
   * @throws ImagegenError with code `unavailable`, or as `check`.
   */
  prepare(): Promise<void>
  /**
   * Writes a file so that it is there whole, also after a loss of power, or not at all.
   *
   * @throws ImagegenError with code `unavailable`: full disk, no permission.
   */
  write(file: string, data: string | Uint8Array): Promise<void>
  /**
   * Moves a file into one of the store's own folders, under a name of its own where the wanted one is taken.
   *
   * @param name default: the one it has.
   * @returns where it is now, or nothing where it was gone.
   * @throws ImagegenError with code `unavailable`.
   */
  moveAside(file: string, target: 'quarantine' | 'trash', name?: string): string | undefined
}

interface StoreFolderOptions {
  /** Where the folder may be. Default: in the folder around it, and no link. */
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
      return namesIn(folders[place])
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
          hint: 'Free some space first: a picture that is paid for must find room. Nothing was asked for.',
        })
      }
    },

    async write(file, data) {
      checkAll()
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
  }
}

/** The names in a folder, or none where there is no folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isNotFound(error)) return []
    throw storageError(error, `Cannot read ${folder}`)
  }
}

/** Whether anything has been paid for yet, as far as can be seen here. */
export function holdsReceipts(folder: StoreFolder): boolean {
  return folder.names('root').some((name) => parseFileName(name)?.extension === 'json')
}

/**
 * What `prune --older-than` looks at: how long a file has been set aside. Done before the move, so that a crash never
 * makes a file older than it is.
 */
function touch(file: string): void {
  try {
    // Of a link itself, not of what it leads to.
    lutimesSync(file, new Date(), new Date())
  } catch (error) {
    // Another user's file may be moved by whoever owns the folder, and not be touched.
    if (errorCode(error) !== 'EPERM') throw error
  }
}

/** Some file systems report no sizes at all: those are not taken for full ones. */
async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize, blocks } = await statfs(folder)
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize
}

/** Makes a rename survive a loss of power. Systems that cannot open a folder do this on their own. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await flushToDisk(handle)
  } finally {
    await handle.close()
  }
}

/** The name of the folder of a process's unfinished files, which says who may clean it. */
export function temporaryName(owner: ProcessIdentity): string {
  return `${hostDigest(owner.host)}-${owner.pid}-${owner.startTime ?? ''}.tmp`
}

/** Whose unfinished files a folder holds, or nothing where its name does not say. */
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
