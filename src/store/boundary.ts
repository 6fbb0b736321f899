import { lstatSync, type Stats } from 'node:fs'
import path from 'node:path'
import { ImagegenError } from '../shared/errors.ts'
import { isNotFound } from '../shared/files.ts'
import { isInside, realPathOf } from '../shared/real-path.ts'

/**
 * Limits where a store's folders may be. A commit can contain links. Without a boundary, such a link would decide which
 * files are moved, deleted and written on every machine that checks out the commit.
 */
export interface Boundary {
  /** The folder that must contain the store, absolute. A link may lead to this folder. */
  readonly within: string
  /** `store.outside`: the store and its folders may be links and may be outside the project. */
  readonly outside: boolean
}

/**
 * Checks that a folder of the store is inside the boundary. Callers check before each use, because a folder can be
 * replaced by a link at any time.
 *
 * @param folder absolute; it need not exist.
 * @param below direct subfolders, which must not be links either.
 * @throws ImagegenError with code `config` where a folder is a link or is outside.
 */
export function checkInside(
  folder: string,
  { within, outside }: Boundary,
  below: readonly string[] = [],
): void {
  if (outside) return
  for (const one of [folder, ...below]) {
    if (isLink(one)) throw refusal(one, within, 'is a link')
  }
  if (!isInside(realPathOf(within), realPathOf(folder))) {
    throw refusal(folder, within, 'is outside the project')
  }
}

/** Whether a file belongs to its folder: a plain file, or a link that stays inside. A missing file does not. */
export function isOwnFile(file: string, { within, outside }: Boundary): boolean {
  const stats = entryAt(file)
  if (stats === undefined) return false
  return !stats.isSymbolicLink() || outside || isInside(realPathOf(within), realPathOf(file))
}

export function isLink(file: string): boolean {
  return entryAt(file)?.isSymbolicLink() === true
}

/** The entry at a path, without following a link. `undefined` if nothing is there. */
export function entryAt(file: string): Stats | undefined {
  try {
    return lstatSync(file)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function refusal(folder: string, within: string, what: string): ImagegenError {
  const shown = isInside(within, folder) ? path.relative(within, folder) || '.' : folder
  return new ImagegenError('config', {
    message: `The store's folder ${shown} ${what}. The store and its folders must be real folders inside the project; nothing was read or changed.`,
    hint: 'Check where it leads and who created it, then remove the link or choose another `store.dir`. If you want this, write `store: { outside: true }` in imagegen.config.ts; a JSON file cannot allow it.',
  })
}
