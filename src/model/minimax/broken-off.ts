import { ModelError } from '../image-model.ts'

/** Whether the answer was on its way when it broke off, which is what the end of somebody's patience looks like. */
export function isBrokenOff(error: unknown): boolean {
  if (!(error instanceof ModelError)) return true
  return error.code === 'network' && error.responseBody !== undefined
}

/** What had arrived of an answer. */
function arrivedWith(error: unknown): string | undefined {
  return error instanceof ModelError ? error.responseBody : undefined
}

/** The caller gave up. What was sent by then may be billed. */
export function aborted(signal: AbortSignal, wasSent: boolean, cause?: unknown): ModelError {
  return new ModelError('The request to MiniMax was aborted.', {
    code: 'aborted',
    retry: 'never',
    maybeBilled: wasSent,
    responseBody: arrivedWith(cause),
    cause: signal.reason,
  })
}

/** @param timeout milliseconds. */
export function timedOut(endpoint: URL, timeout: number, cause: unknown): ModelError {
  return new ModelError(
    `${endpoint.origin} did not answer completely within ${timeout / 1000} s. ` +
      'A picture takes about 25 s; `timeout` sets how long is waited.',
    {
      code: 'timeout',
      retry: 'backoff',
      maybeBilled: true,
      responseBody: arrivedWith(cause),
      cause,
    },
  )
}
