import { ImagegenError } from '../shared/errors.ts'
import { printable } from '../shared/plain-text.ts'

/**
 * Lets a user's mistake through without its stack and its cause: hosts print all that they find of an error. Of other
 * errors, too, nothing reaches a terminal or an overlay that it would obey.
 */
export async function plainly<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    throw printableError(error)
  }
}

/** An error that is its message alone, for hosts that print all they find of one. */
export function plainError(message: string): Error {
  const text = printable(message)
  const error = new Error(text)
  error.stack = text
  return error
}

/** The same error, fit for a terminal. */
export function printableError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (error instanceof ImagegenError) error.stack = `${error.name}: ${error.message}`
  else {
    error.message = printable(error.message)
    error.stack = printable(error.stack ?? '')
  }
  Reflect.deleteProperty(error, 'cause')
  return error
}
