import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { isLink } from './boundary.ts'

/**
 * `open` then fails on a link that replaced the file after the check, and does not block on a pipe. Windows has neither
 * flag.
 */
const READ_PLAIN = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * Reads a text file that other programs may have written.
 *
 * @param limit bytes.
 * @throws Error where the file is too large or is not a plain file: reading a pipe would block for ever, and a link can
 * lead anywhere.
 */
export function readText(file: string, limit: number): string {
  if (isLink(file)) throw new Error('it is a link')
  const handle = openSync(file, READ_PLAIN)
  try {
    const stats = fstatSync(handle)
    if (!stats.isFile()) throw new Error('it is not a plain file')
    if (stats.size > limit) throw new Error(`it is larger than ${limit} bytes`)
    return readFileSync(handle, 'utf8')
  } finally {
    closeSync(handle)
  }
}
