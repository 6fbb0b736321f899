import { ModelError } from '../model/image-model.ts'
import { ImagegenError, messageOf } from '../shared/errors.ts'

/**
 * What a model threw, as the one error type that retrying and spending understand. Models of the AI SDK throw errors
 * with `statusCode` and `isRetryable`; anything else is final.
 */
export function toModelError(error: unknown): ModelError | ImagegenError {
  if (error instanceof ModelError || error instanceof ImagegenError) return error
  if (isForeignModelError(error)) return new ModelError(error.message, { ...error, cause: error })
  const status = numberIn(error, 'statusCode')
  const message = messageOf(error)
  if (status === 429) {
    return new ModelError(message, {
      code: 'http-429',
      retry: 'rate-limit',
      retryAfter: retryAfterOf(error),
      cause: error,
    })
  }
  const isRetryable = fieldOf(error, 'isRetryable') === true
  return new ModelError(message, {
    code: status === undefined ? 'provider' : `http-${status}`,
    retry: isRetryable ? 'backoff' : 'never',
    stopsRun: status === 401 || status === 402 || status === 403,
    // A refusal by status is not billed; what broke on the way may have been.
    maybeBilled: status === undefined || status >= 500,
    cause: error,
  })
}

/** The error of another copy of this package, which a configuration may bring along. */
function isForeignModelError(error: unknown): error is ModelError {
  return (
    error instanceof Error && error.name === 'ModelError' && 'retry' in error && 'code' in error
  )
}

function retryAfterOf(error: unknown): number | undefined {
  const headers = fieldOf(error, 'responseHeaders')
  const seconds = Number(fieldOf(headers, 'retry-after'))
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined
}

function numberIn(value: unknown, field: string): number | undefined {
  const found = fieldOf(value, field)
  return typeof found === 'number' ? found : undefined
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined
}

/** Whether an attempt that failed may have been charged all the same. */
export function maybeBilled(thrown: unknown): boolean {
  const error = toModelError(thrown)
  return error instanceof ModelError && error.maybeBilled
}
