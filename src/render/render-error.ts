import { ImagegenError, messageOf } from '../shared/errors.ts'

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
