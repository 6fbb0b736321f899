import { ImagegenError } from '../shared/errors.ts'
import { printable } from '../shared/plain-text.ts'

/**
 * Rethrows a user's mistake without its stack and cause: hosts print all parts of an error. Any error is stripped of
 * characters that a terminal or an overlay would interpret.
 */
export async function plainly<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    throw printableError(error)
  }
}

/** An error with only a message, for hosts that print all parts of an error. */
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
