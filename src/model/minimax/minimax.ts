import { ImagegenError, messageOf } from '../../shared/errors.ts'
import type { JsonValue } from '../../shared/hash.ts'
import { redact } from '../../shared/logger.ts'
import { ModelError, type ImageModel, type ModelAccount } from '../image-model.ts'
import { plainText } from '../plain-text.ts'
import { readAnswer, type Answer } from './answer.ts'
import { downloadPicture } from './download.ts'
import { factsOf, REQUESTS_PER_MINUTE } from './facts.ts'
import { DEFAULT_HOST, endpointOf } from './host.ts'
import { buildRequest, type MinimaxCall, type MinimaxWarning } from './request.ts'
import { transfer } from './transfer.ts'

export interface MinimaxOptions {
  /** A request without one fails with code `credentials`. It is sent to `host` and nowhere else. */
  readonly apiKey?: string | undefined
  /**
   * Scheme and name; keys are bound to a region. Plain http for this machine and the local network only.
   * @default 'https://api.minimax.io'
   */
  readonly host?: string | undefined
  /**
   * Requests a minute that the account may send.
   * @default 10
   */
  readonly rpm?: number | undefined
  /**
   * Milliseconds that a request may take, its answer included. A picture takes about 25 s, nine of them longer: below
   * 120 s pictures that are paid for are given up.
   * @default 180_000
   */
  readonly timeout?: number | undefined
}

/** An `ImageModel` that the AI SDK takes too (specification v3). */
export interface MinimaxImageModel extends ImageModel {
  readonly specificationVersion: 'v3'
  doGenerate(call: MinimaxCall): Promise<MinimaxResult>
  withAccount(account: ModelAccount): MinimaxImageModel
}

export interface MinimaxResult {
  /** Base64 text, as received. */
  images: string[]
  warnings: MinimaxWarning[]
  providerMetadata: {
    minimax: { images: JsonValue[]; id?: string; successCount?: number; failedCount?: number }
  }
  response: { timestamp: Date; modelId: string; headers: Record<string, string> }
}

const DEFAULT_TIMEOUT = 180_000
/** The longest that a timer of Node waits. */
const MAX_TIMEOUT = 2_147_483_647

/** A picture of the largest size, 2048 by 2048, without any compression. */
const MAX_PICTURE_BYTES = 2048 * 2048 * 3
/** All that is in an answer beside its pictures. */
const MAX_FRAME_BYTES = 1024 * 1024

/**
 * A MiniMax image model (`POST /v1/image_generation`), for the option `models` and for the AI SDK.
 *
 * Its failures are `ModelError`s that carry MiniMax's code, whether to try again, and what to do.
 *
 * @throws ImagegenError with code `config` for a host, rate or time that cannot be.
 */
export function minimax(
  modelId: 'image-01' | 'image-01-live' | (string & {}),
  options: MinimaxOptions = {},
): MinimaxImageModel {
  const { rpm = REQUESTS_PER_MINUTE, timeout = DEFAULT_TIMEOUT } = options
  const apiKey = filled(options.apiKey)
  const host = filled(options.host)
  const endpoint = endpointOf(host ?? DEFAULT_HOST)
  requireNumber('rpm', rpm, Number.MAX_SAFE_INTEGER)
  requireNumber('timeout', timeout, MAX_TIMEOUT)
  const facts = factsOf(modelId)

  return {
    specificationVersion: 'v3',
    provider: 'minimax.image',
    modelId,
    maxImagesPerCall: facts.limits.n,
    ...(facts.price === undefined ? {} : { price: facts.price }),
    limits: facts.limits,
    requestsPerMinute: rpm,
    account: `minimax@${endpoint.host}`,
    credentials: apiKey === undefined ? 'missing' : 'given',

    withAccount: (account) =>
      minimax(modelId, {
        ...options,
        apiKey: apiKey ?? account.apiKey,
        host: host ?? account.host,
      }),

    async doGenerate(call) {
      const key = requireKey(apiKey)
      const { request, warnings } = buildRequest(modelId, facts, call)
      const expiry = AbortSignal.timeout(timeout)
      const caller = call.abortSignal
      const signal = caller === undefined ? expiry : AbortSignal.any([caller, expiry])
      if (isGiven(caller)) throw aborted(caller, false)
      const timestamp = new Date()
      try {
        const { status, headers, body } = await transfer(
          endpoint,
          { method: 'POST', headers: requestHeaders(key, call), body: JSON.stringify(request) },
          { signal, maxBytes: call.n * base64Length(MAX_PICTURE_BYTES) + MAX_FRAME_BYTES },
        )
        // A server that repeats what it was sent must not carry the key into messages, logs or quarantine.
        const text = redact(body.toString(), [key])
        const plainHeaders = redactedHeaders(headers, key)
        const answer = readAnswer({ status, headers: plainHeaders, text, host: endpoint.origin })
        const pictures = await download(answer.urls, { from: endpoint, text, signal })
        const images = [...answer.images, ...pictures.images]
        warnings.push(...pictures.warnings)
        if (answer.images.length + answer.urls.length < call.n) {
          warnings.push(refusedWarning(call.n, answer))
        }
        return {
          images,
          warnings,
          providerMetadata: { minimax: metadataOf(answer) },
          response: { timestamp, modelId, headers: plainHeaders },
        }
      } catch (error) {
        if (error instanceof ModelError) throw error
        if (isGiven(caller)) throw aborted(caller, true)
        if (expiry.aborted) throw timedOut(endpoint, timeout, error)
        throw error
      }
    },
  }
}

function requireNumber(name: string, value: number, max: number): void {
  if (typeof value === 'number' && value > 0 && value <= max) return
  throw new ImagegenError('config', {
    message: `minimax(): ${name} is ${String(value)}, expected a number above 0 and at most ${max}.`,
  })
}

/** A variable of the environment that is set to nothing is as good as none; pasted keys have blanks around them. */
function filled(text: string | undefined): string | undefined {
  const trimmed = text?.trim()
  return trimmed === '' ? undefined : trimmed
}

function requireKey(apiKey: string | undefined): string {
  // `fetch` would repeat a key that no header can hold in its error.
  if (apiKey !== undefined && /^[!-~]+$/.test(apiKey)) return apiKey
  const fault = apiKey === undefined ? 'is missing' : 'holds characters that no key has'
  throw new ModelError(
    `The MiniMax API key ${fault}. Set MINIMAX_API_KEY, or hand \`apiKey\` to minimax().`,
    { code: 'credentials', retry: 'never', stopsRun: true },
  )
}

function requestHeaders(key: string, call: MinimaxCall): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(call.headers ?? {})) {
    if (value !== undefined) headers.set(name, value)
  }
  headers.set('authorization', `Bearer ${key}`)
  headers.set('content-type', 'application/json')
  return headers
}

function redactedHeaders(headers: Headers, key: string): Record<string, string> {
  return Object.fromEntries([...headers].map(([name, value]) => [name, redact(value, [key])]))
}

/**
 * Pictures that were named rather than sent. They are paid for, and their addresses hold for 24 hours: whatever cannot
 * be fetched is told with its address and not asked for again.
 */
async function download(
  urls: readonly string[],
  options: { readonly from: URL; readonly text: string; readonly signal: AbortSignal },
): Promise<{ readonly images: string[]; readonly warnings: MinimaxWarning[] }> {
  const results = await Promise.allSettled(
    urls.map((url) => downloadPicture(url, { ...options, maxBytes: MAX_PICTURE_BYTES })),
  )
  options.signal.throwIfAborted()
  const images: string[] = []
  const lost: string[] = []
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') images.push(Buffer.from(result.value).toString('base64'))
    else lost.push(`${plainText(urls[index] ?? '', 1000)} (${messageOf(result.reason)})`)
  }
  if (lost.length === 0) return { images, warnings: [] }
  const message = `MiniMax drew pictures that could not be fetched; for 24 hours they are at ${lost.join(', ')}.`
  if (images.length > 0) return { images, warnings: [{ type: 'other', message }] }
  throw new ModelError(message, {
    code: 'download',
    retry: 'never',
    maybeBilled: true,
    responseBody: options.text,
  })
}

function refusedWarning(asked: number, answer: Answer): MinimaxWarning {
  const got = answer.images.length + answer.urls.length
  return {
    type: 'other',
    message: `MiniMax refused ${asked - got} of ${asked} pictures: its safety filter let ${got} pass`,
  }
}

function metadataOf(answer: Answer): MinimaxResult['providerMetadata']['minimax'] {
  const { id, successCount, failedCount } = answer
  return {
    images: [],
    ...(id === undefined ? {} : { id }),
    ...(successCount === undefined ? {} : { successCount }),
    ...(failedCount === undefined ? {} : { failedCount }),
  }
}

function isGiven(signal: AbortSignal | undefined): signal is AbortSignal {
  return signal?.aborted === true
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}

function aborted(signal: AbortSignal, wasSent: boolean): ModelError {
  return new ModelError('The request to MiniMax was aborted.', {
    code: 'aborted',
    retry: 'never',
    maybeBilled: wasSent,
    cause: signal.reason,
  })
}

function timedOut(endpoint: URL, timeout: number, cause: unknown): ModelError {
  return new ModelError(
    `${endpoint.origin} did not answer completely within ${timeout / 1000} s. ` +
      'A picture takes about 25 s; `timeout` sets how long is waited.',
    { code: 'timeout', retry: 'backoff', maybeBilled: true, cause },
  )
}
