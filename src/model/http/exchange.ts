import { ModelError } from '../image-model.ts'
import type { RawAnswer } from './answer-error.ts'
import { hiding, withoutKey } from './api-key.ts'
import { aborted, isBrokenOff, timedOut } from './broken-off.ts'
import type { Service } from './service.ts'
import { transfer } from './transfer.ts'

/** Where a provider's requests go, and with which key. */
export interface Connection {
  readonly service: Service
  /** Requests go here, and the API key with them. */
  readonly endpoint: URL
  readonly apiKey: string
  /** Milliseconds from sending a request to the end of its answer. */
  readonly timeout: number
}

/** What the request of a call needs besides the connection. */
export interface ExchangeRequest {
  /** Sent as JSON. */
  readonly body: object
  /** The caller's own headers. They cannot replace the key's. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** Bytes of the answer, after decompression. */
  readonly maxBytes: number
  /** Ends the request, and what `read` does after it. */
  readonly abortSignal?: AbortSignal | undefined
}

/**
 * Sends one JSON request with the key as bearer token and hands the complete answer to `read`, which turns it into a
 * result and may download what the answer names. Nothing is tried twice: the caller, who counts the money, decides that.
 *
 * `timeout` ends with the answer and does not limit `read`. The key is hidden in the answer's headers and in every error,
 * also in those of `read`, which hides it itself in what it takes from the answer's text.
 *
 * @throws ModelError: what `read` throws, `aborted`, `timeout`, `network`, or `malformed` for an answer that is too large.
 */
export async function exchange<Result>(
  connection: Connection,
  request: ExchangeRequest,
  read: (raw: RawAnswer, hide: (text: string) => string) => Result | Promise<Result>,
): Promise<Result> {
  const { service, endpoint, apiKey, timeout } = connection
  const { body, headers, maxBytes, abortSignal: caller } = request
  const hide = hiding(apiKey)
  if (caller?.aborted === true) throw aborted(service, caller, false)
  const expiry = AbortSignal.timeout(Math.ceil(timeout))
  const signal = caller === undefined ? expiry : AbortSignal.any([caller, expiry])
  try {
    const answer = await transfer(
      endpoint,
      { method: 'POST', headers: headersWith(apiKey, headers), body: JSON.stringify(body) },
      { signal, maxBytes },
    )
    const raw = {
      service,
      status: answer.status,
      headers: Object.fromEntries([...answer.headers].map(([name, value]) => [name, hide(value)])),
      text: answer.body.toString(),
      host: endpoint.origin,
    }
    return await read(raw, hide)
  } catch (error) {
    if (isBrokenOff(error)) {
      if (isAborted(caller)) throw withoutKey(aborted(service, caller, true, error), hide)
      if (expiry.aborted) throw withoutKey(timedOut(service, endpoint, timeout, error), hide)
    }
    throw error instanceof ModelError ? withoutKey(error, hide) : error
  }
}

function headersWith(key: string, given: ExchangeRequest['headers'] = {}): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) headers.set(name, value)
  }
  headers.set('authorization', `Bearer ${key}`)
  headers.set('content-type', 'application/json')
  return headers
}

function isAborted(signal: AbortSignal | undefined): signal is AbortSignal {
  return signal?.aborted === true
}
