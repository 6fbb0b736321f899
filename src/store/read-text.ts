import { readFileSync, statSync } from 'node:fs'

/**
 * The text of a file that anybody may have put there.
 *
 * @param limit bytes.
 * @throws Error where it is no plain file (a pipe would block for ever) or too large.
 */
export function readText(file: string, limit: number): string {
  const stats = statSync(file)
  if (!stats.isFile()) throw new Error('it is not a plain file')
  if (stats.size > limit) throw new Error(`it is larger than ${limit} bytes`)
  return readFileSync(file, 'utf8')
}
