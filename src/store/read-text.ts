import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { isLink } from './boundary.ts'

/** Follows no link that took the file's place since, and does not wait at a pipe. Windows knows neither flag. */
const READ_PLAIN = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * The text of a file that anybody may have put there.
 *
 * @param limit bytes.
 * @throws Error where it is no plain file (a pipe would block for ever, a link leads anywhere) or too large.
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
