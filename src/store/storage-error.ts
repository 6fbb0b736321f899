import { ImagegenError, messageOf } from '../shared/errors.ts'
import { errorCode } from '../shared/files.ts'

/** Turns a failure of the file system into a message for users. */
export function storageError(error: unknown, what: string): ImagegenError {
  if (error instanceof ImagegenError) return error
  return new ImagegenError(
    'unavailable',
    { message: `${what}: ${messageOf(error)}`, ...adviceOn(errorCode(error)) },
    { cause: error },
  )
}

function adviceOn(code = ''): { hint?: string } {
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return { hint: 'The disk is full. Free some space and run again.' }
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return { hint: 'Give this user write access to the folder, or run with mode frozen.' }
  }
  return {}
}
