import { randomBytes } from 'node:crypto'
import {
  fsync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

/**
 * Writes a file so that readers see the old content or all of the new, never a part.
 *
 * The bytes go to a temporary file, are flushed to the disk and renamed over the target. A crash leaves the old file
 * and at most one `.tmp` file in `temporaryFolder`, which must be on the target's file system.
 *
 * @param temporaryFolder default: the target's own folder.
 */
export async function writeFileAtomic(
  file: string,
  data: string | Uint8Array,
  temporaryFolder: string = path.dirname(file),
): Promise<void> {
  mkdirSync(temporaryFolder, { recursive: true })
  mkdirSync(path.dirname(file), { recursive: true })
  const temporary = path.join(
    temporaryFolder,
    `${path.basename(file)}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`,
  )
  try {
    const handle = await open(temporary, 'wx')
    try {
      await handle.writeFile(data)
      await flushToDisk(handle)
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/**
 * Waits until written data is on the disk.
 *
 * Uses the descriptor: under Yarn Plug'n'Play `FileHandle.sync` and `datasync` throw "Method not implemented".
 *
 * @see https://github.com/yarnpkg/berry/blob/master/packages/yarnpkg-fslib/sources/patchFs/FileHandle.ts
 */
export async function flushToDisk({ fd }: Pick<FileHandle, 'fd'>): Promise<void> {
  await promisify(fsync)(fd)
}

/**
 * Writes a file so that readers see the old content or the new, without waiting for the disk: after a loss of power it
 * may be cut off. For files that are verified when they are read and can be created again.
 */
export function replaceFile(file: string, data: string | Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, data, { flag: 'wx' })
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** Writes only where the content differs, so that watchers and time stamps do not change. Returns whether it wrote. */
export async function writeFileIfChanged(file: string, text: string): Promise<boolean> {
  if (readFileIfThere(file)?.toString('utf8') === text) return false
  await writeFileAtomic(file, text)
  return true
}

/** Writes a file that does not exist yet. Returns `false`, and changes nothing, where it exists. */
export function writeNew(file: string, data: string | Uint8Array): boolean {
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, data, { flag: 'wx' })
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** The file's bytes, or `undefined` where there is no such file. Synchronous: several times as fast for small files. */
export function readFileIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** The names in a folder. Empty where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

/** Whether a file system call failed because the file does not exist. */
export function isNotFound(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The `code` that Node puts on system errors (`EACCES`, `ENOSPC`, …). */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}

/** The path with `/` between its parts, on every system. */
export function toPosix(file: string): string {
  return path.sep === '/' ? file : file.replaceAll(path.sep, '/')
}
