import { ImagegenError, messageOf } from '../shared/errors.ts'

/** What sharp said about a step, told as an error of this project. */
export function renderError(step: string, cause: unknown, hint: string): ImagegenError {
  return new ImagegenError(
    'render',
    { message: `${step}: ${messageOf(cause).trim()}`, hint },
    { cause },
  )
}
