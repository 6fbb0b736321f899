import { closeSync, openSync, readFileSync, readSync, statSync, type Stats } from 'node:fs'
import { isNotFound } from '../../shared/files.ts'
import { sha256 } from '../../shared/hash.ts'
import { LFS_POINTER } from '../../shared/lfs-pointer.ts'
import type { StoreFolder } from '../folder.ts'
import type { Receipt } from '../receipt.ts'

/** Whether an original's bytes are usable. */
export type BytesState = 'present' | 'absent' | 'lfs-pointer' | 'damaged'

/** The part of the store's folder that this needs. A link that leads out of the project holds no original. */
type Links = Pick<StoreFolder, 'isOwn'>

/** Judges by existence and size. Opens a file only where its size differs from the receipt's. */
export function bytesState(folder: Links, file: string, receipt: Receipt): BytesState {
  const stats = statsOf(file)
  if (stats === undefined) return 'absent'
  if (!stats.isFile() || !folder.isOwn(file)) return 'damaged'
  if (stats.size === receipt.bytes) return 'present'
  return isPointer(file) ? 'lfs-pointer' : 'damaged'
}

/** Whether a file holds exactly these bytes. Does not read a file of another size. */
export function holds(
  folder: Links,
  file: string,
  expected: Pick<Receipt, 'sha256' | 'bytes'>,
): boolean {
  const stats = statsOf(file)
  if (stats?.isFile() !== true || stats.size !== expected.bytes || !folder.isOwn(file)) return false
  return sha256(readFileSync(file)) === expected.sha256
}

function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function isPointer(file: string): boolean {
  const head = Buffer.alloc(LFS_POINTER.length)
  const handle = openSync(file, 'r')
  try {
    readSync(handle, head, 0, head.length, 0)
  } finally {
    closeSync(handle)
  }
  return head.toString('latin1') === LFS_POINTER
}
