import { ModelError } from '../image-model.ts'
import type { Service } from './service.ts'

/** Whether the request ended before its answer was complete, as it does when it is aborted or times out. */
export function isBrokenOff(error: unknown): boolean {
  if (!(error instanceof ModelError)) return true
  return error.code === 'network' && error.responseBody !== undefined
}

/** The part of an answer that had arrived. */
function arrivedWith(error: unknown): string | undefined {
  return error instanceof ModelError ? error.responseBody : undefined
}

/** The error for a request that the caller aborted. A request that was sent may be billed all the same. */
export function aborted(
  service: Service,
  signal: AbortSignal,
  wasSent: boolean,
  cause?: unknown,
): ModelError {
  return new ModelError(`The request to ${service.name} was aborted.`, {
    code: 'aborted',
    retry: 'never',
    maybeBilled: wasSent,
    responseBody: arrivedWith(cause),
    cause: signal.reason,
  })
}

/**
 * The error for an answer that did not arrive in time.
 *
 * @param timeout milliseconds.
 */
export function timedOut(
  { usualTime }: Service,
  endpoint: URL,
  timeout: number,
  cause: unknown,
): ModelError {
  const usual = usualTime === undefined ? '' : `A picture takes ${usualTime}. `
  return new ModelError(
    `${endpoint.origin} did not answer completely within ${timeout / 1000} s. ${usual}To wait longer, raise \`timeout\`.`,
    {
      code: 'timeout',
      retry: 'backoff',
      maybeBilled: true,
      responseBody: arrivedWith(cause),
      cause,
    },
  )
}
