import { errorCode } from '../../shared/files.ts'
import { messageOf } from '../../shared/errors.ts'
import { ModelError } from '../image-model.ts'
import { plainText } from '../../shared/plain-text.ts'
import { isInsecure, isUnsent } from './unsent.ts'

/** A server's answer, whatever its status. */
export interface Transferred {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

export interface TransferLimits {
  readonly signal: AbortSignal
  /** Bytes of the body, after decompression. */
  readonly maxBytes: number
}

/**
 * Sends one request and reads its whole answer. Redirects are not followed, and an endless body ends at the limit.
 *
 * @throws ModelError with code `network` or `malformed`. After an abort: the signal's own error, or `network` with the part
 * of the answer that had arrived.
 */
export async function transfer(
  url: URL,
  request: {
    readonly method: string
    readonly headers: Headers
    readonly body?: string
  },
  limits: TransferLimits,
): Promise<Transferred> {
  // Connections are not reused: after the half minute of a picture the server may be closing its end, and a request that
  // fails on such a connection counts as paid.
  const headers = new Headers([...request.headers, ['connection', 'close']])
  const response = await send(url, {
    ...request,
    headers,
    redirect: 'manual',
    signal: limits.signal,
  })
  const body = await receive(url, response, limits)
  return { status: response.status, headers: response.headers, body }
}

async function send(url: URL, request: RequestInit & { signal: AbortSignal }): Promise<Response> {
  try {
    return await fetch(url, request)
  } catch (error) {
    if (request.signal.aborted) throw error
    throw networkError(url, error)
  }
}

async function receive(url: URL, response: Response, limits: TransferLimits): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  const stream: AsyncIterable<Uint8Array> | undefined = response.body ?? undefined
  try {
    for await (const chunk of stream ?? []) {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size > limits.maxBytes) break
    }
  } catch (error) {
    if (limits.signal.aborted && size === 0) throw error
    throw new ModelError(
      `The connection to ${url.host} broke off in the middle of the answer (${reasonOf(error)}).`,
      {
        code: 'network',
        retry: 'backoff',
        maybeBilled: true,
        responseBody: Buffer.concat(chunks).toString(),
        cause: error,
      },
    )
  }
  if (size <= limits.maxBytes) return Buffer.concat(chunks)
  throw new ModelError(
    `${url.host} answered with more than ${limits.maxBytes} bytes; the rest was not read.`,
    { code: 'malformed', retry: 'never', maybeBilled: true },
  )
}

/** A request that never left costs nothing; any other may be billed. */
function networkError(url: URL, error: unknown): ModelError {
  const reason = reasonOf(error)
  if (isInsecure(error)) {
    return new ModelError(
      `No secure connection to ${url.host} (${reason}). Check the host, the proxy and the clock of this machine.`,
      { code: 'network', retry: 'never', stopsRun: true, cause: error },
    )
  }
  const neverSent = isUnsent(error)
  return new ModelError(
    neverSent
      ? `No connection to ${url.host} (${reason}). Check the network and the host.`
      : `The connection to ${url.host} broke off before it answered (${reason}).`,
    { code: 'network', retry: 'backoff', maybeBilled: !neverSent, cause: error },
  )
}

/** `fetch` says only `fetch failed` or `terminated`. The reason is the last of the error's causes. */
function rootCause(error: unknown): unknown {
  let cause = error
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  return cause
}

function reasonOf(error: unknown): string {
  const cause = rootCause(error)
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  return plainText(messageOf(first) || (errorCode(cause) ?? 'unknown reason'))
}
