/** A request that the API answers with a status code other than 0, inside HTTP 200. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  /** `base_resp.status_code`. */
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** The answer to an invalid request. */
export function invalidParams(detail: string): RefusedError {
  return new RefusedError(2013, `invalid params, ${detail}`)
}
