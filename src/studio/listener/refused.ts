import type { Bill, Refusal, RefusalCode } from '../protocol-actions.ts'
import type { ShownProblem } from '../protocol.ts'

/** A request that is not answered, and why. */
export class RefusedError extends Error {
  readonly refusal: Refusal['error']

  constructor(refusal: Refusal['error']) {
    super(refusal.message)
    this.name = 'RefusedError'
    this.refusal = refusal
  }
}

/** Makes the error for a request that is not answered. */
export function refuse(
  code: RefusalCode,
  message: string,
  more: {
    readonly hint?: string
    readonly problems?: readonly ShownProblem[]
    readonly bill?: Bill
  } = {},
): RefusedError {
  return new RefusedError({ problems: [], ...more, code, message })
}

/** The HTTP status of each refusal. */
export const STATUS: Readonly<Record<RefusalCode, number>> = {
  token: 401,
  forbidden: 403,
  'read-only': 403,
  malformed: 400,
  'not-found': 404,
  method: 405,
  changed: 409,
  'price-changed': 409,
  running: 409,
  'too-large': 413,
  'media-type': 415,
  refused: 422,
  busy: 429,
  failed: 500,
}
