import { ImagegenError } from '../shared/errors.ts'

/** Lets a user's mistake through without its stack: hosts print the stack of whatever they catch. */
export async function plainly<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ImagegenError) error.stack = `${error.name}: ${error.message}`
    throw error
  }
}

/** An error that is its message alone, for hosts that print all they find of one. */
export function plainError(message: string): Error {
  const error = new Error(message)
  error.stack = message
  return error
}
