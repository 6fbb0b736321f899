import { closeSync, openSync, readSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { sniffMediaType } from '../../pixels/media-type.ts'
import { ImagegenError, messageOf } from '../../shared/errors.ts'

/** The files of a folder, by name. */
export interface PictureFolder {
  /** Names of pictures, judged by their first bytes, in the order that people expect: `2` before `10`. */
  readonly pictures: readonly string[]
  /** Names of all other files. */
  readonly others: readonly string[]
  /** Names of folders, which are not looked into. */
  readonly folders: readonly string[]
}

/** How far into a file its type can be told. */
const HEAD_LENGTH = 4096

/**
 * Lists the pictures of a folder. Hidden files are left out.
 *
 * @param folder absolute.
 * @throws ImagegenError with code `usage` for what is not a folder.
 */
export function listPictures(folder: string): PictureFolder {
  const { compare } = new Intl.Collator('en', { numeric: true })
  const names = namesOf(folder).toSorted(
    (left, right) => compare(stemOf(left), stemOf(right)) || (left < right ? -1 : 1),
  )
  const pictures: string[] = []
  const others: string[] = []
  const folders: string[] = []
  for (const name of names) {
    const file = path.join(folder, name)
    const stats = statSync(file, { throwIfNoEntry: false })
    if (stats?.isDirectory() === true) folders.push(name)
    else if (stats?.isFile() === true && isPicture(file)) pictures.push(name)
    else others.push(name)
  }
  return { pictures, others, folders }
}

/** A file's name without its extension, as image names are compared. */
export function stemOf(name: string): string {
  return path.parse(name).name.normalize('NFC')
}

function namesOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'))
  } catch (error) {
    throw new ImagegenError(
      'usage',
      {
        message: `${folder} cannot be read as a folder: ${messageOf(error)}`,
        hint: 'Name a folder with pictures.',
      },
      { cause: error },
    )
  }
}

function isPicture(file: string): boolean {
  const head = Buffer.alloc(HEAD_LENGTH)
  try {
    const handle = openSync(file, 'r')
    try {
      return (
        sniffMediaType(head.subarray(0, readSync(handle, head, 0, HEAD_LENGTH, 0))) !== undefined
      )
    } finally {
      closeSync(handle)
    }
  } catch {
    // A file that this user may not read.
    return false
  }
}
