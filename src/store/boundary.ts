import { lstatSync, type Stats } from 'node:fs'
import path from 'node:path'
import { ImagegenError } from '../shared/errors.ts'
import { isNotFound } from '../shared/files.ts'
import { isInside, realPathOf } from '../shared/real-path.ts'

/**
 * Where a store's folders may be. A commit can bring links: without a boundary it would decide what is moved, deleted
 * and written elsewhere on the machines that check it out.
 */
export interface Boundary {
  /** The folder that the store stays in, absolute. It may itself be reached through links. */
  readonly within: string
  /** `store.outside`: the store and its folders may be links, and lie anywhere. */
  readonly outside: boolean
}

/**
 * Holds a folder of the store, or of what belongs to it, against the boundary. Called at each use, not once: what is a
 * folder now may be a link later.
 *
 * @param folder absolute; it need not exist.
 * @param below folders right inside of it, which must be no links either.
 * @throws ImagegenError with code `config` where it is a link or lies outside.
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
    throw refusal(folder, within, 'lies outside of the project')
  }
}

/** Whether a file is one of its folder's own: a plain file, or a link that stays inside. One that is gone is not. */
export function isOwnFile(file: string, { within, outside }: Boundary): boolean {
  const stats = entryAt(file)
  if (stats === undefined) return false
  return !stats.isSymbolicLink() || outside || isInside(realPathOf(within), realPathOf(file))
}

export function isLink(file: string): boolean {
  return entryAt(file)?.isSymbolicLink() === true
}

/** What a name stands for, a link not followed; nothing where there is no such name. */
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
    hint: 'Look where it leads and who put it there, then remove the link or choose another `store.dir`. If it is meant, write `store: { outside: true }` into imagegen.config.ts; a JSON file cannot allow it.',
  })
}
