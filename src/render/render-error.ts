import { ImagegenError, messageOf } from '../shared/errors.ts'
import { errorCode } from '../shared/files.ts'

/** Turns an error of sharp into an error of this project. libvips repeats itself, so duplicate lines are dropped. */
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

/** Adds the image's name to an error that was thrown while it was rendered. */
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
      hint: `Renditions are cached in ${cacheDir}. The folder must be writable and the disk needs free space.`,
    },
    { cause: error },
  )
}
