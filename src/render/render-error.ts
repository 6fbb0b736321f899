import { ImagegenError, messageOf } from '../shared/errors.ts'
import { errorCode } from '../shared/files.ts'

/** What sharp said about a step, told as an error of this project. libvips repeats itself, line by line. */
export function renderError(step: string, cause: unknown, hint: string): ImagegenError {
  const reasons = new Set(
    messageOf(cause)
      .trim()
      .split(/\s*\n\s*/),
  )
  return new ImagegenError(
    'render',
    { message: `${step}: ${[...reasons].join('; ')}`, hint },
    { cause },
  )
}

/** What was thrown while an image was rendered, so that it says which one. */
export function namedError(name: string, error: unknown, cacheDir: string): unknown {
  if (error instanceof ImagegenError) {
    if (error.code !== 'render') return error
    const problems = error.problems.map((problem) => ({
      ...problem,
      message: `${name}: ${problem.message}`,
    }))
    return new ImagegenError('render', problems, { cause: error.cause })
  }
  if (errorCode(error) === undefined) return error
  return new ImagegenError(
    'render',
    {
      message: `${name}: ${messageOf(error)}`,
      hint: `The renditions are kept in ${cacheDir}: it has to be writable, with room on the disk.`,
    },
    { cause: error },
  )
}
