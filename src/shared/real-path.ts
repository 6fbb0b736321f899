import { readlinkSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { errorCode, isNotFound } from './files.ts'

/**
 * Resolves every link on a path. Parts that do not exist stay as they are written, also behind a link that leads
 * nowhere yet: a write through that link ends up there.
 *
 * @throws the file system's errors, such as ELOOP for links in a circle.
 */
export function realPathOf(file: string): string {
  try {
    return realpathSync(file)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  const parent = path.dirname(file)
  if (parent === file) return file
  const here = path.join(realPathOf(parent), path.basename(file))
  const target = linkTarget(here)
  return target === undefined ? here : realPathOf(path.resolve(path.dirname(here), target))
}

/** Whether a file is in a folder, or is the folder, judged by the text of their paths. */
export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file)
  const leaves = relative === '..' || relative.startsWith(`..${path.sep}`)
  return !leaves && !path.isAbsolute(relative)
}

function linkTarget(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch (error) {
    // EINVAL: it exists and is not a link.
    if (isNotFound(error) || errorCode(error) === 'EINVAL') return undefined
    throw error
  }
}
