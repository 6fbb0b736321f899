import { redact } from '../../shared/logger.ts'
import type { JsonValue } from '../../shared/hash.ts'
import { ModelError, type ImageModelResult } from '../image-model.ts'
import { readAnswer, type Answer } from './answer.ts'
import { describeFailure, downloadPictures, type FailedDownload } from '../http/download.ts'
import { aborted, isBrokenOff, timedOut } from './broken-off.ts'
import type { MinimaxFacts } from './facts.ts'
import { buildRequest, type MinimaxCall, type MinimaxWarning } from './request.ts'
import { transfer } from '../http/transfer.ts'

/** Where requests go, and as whom. */
export interface Connection {
  readonly endpoint: URL
  readonly apiKey: string
  /** Milliseconds. */
  readonly timeout: number
  readonly modelId: string
  readonly facts: MinimaxFacts
}

export interface MinimaxResult {
  /** Base64 text, as received. */
  images: string[]
  warnings: MinimaxWarning[]
  leftOver?: NonNullable<ImageModelResult['leftOver']>
  providerMetadata: {
    minimax: { images: JsonValue[]; id?: string; successCount?: number; failedCount?: number }
  }
  response: { timestamp: Date; modelId: string; headers: Record<string, string> }
}

/** A picture of the largest size, 2048 by 2048, without any compression. */
const MAX_PICTURE_BYTES = 2048 * 2048 * 3
/** All that is in an answer beside its pictures. */
const MAX_FRAME_BYTES = 1024 * 1024

/** Addresses beyond the pictures that were asked for that are fetched all the same: one of the others may be gone. */
const SPARE_ADDRESSES = 3

/** Characters. */
const SECRET_LENGTH = 8

/**
 * One request, from the call to its pictures. Nothing is tried twice: that is decided where money is counted.
 *
 * @throws ModelError
 */
export async function generatePictures(
  connection: Connection,
  call: MinimaxCall,
): Promise<MinimaxResult> {
  const { endpoint, apiKey, timeout, modelId, facts } = connection
  const { request, warnings } = buildRequest(modelId, facts, call)
  const expiry = AbortSignal.timeout(Math.ceil(timeout))
  const caller = call.abortSignal
  const signal = caller === undefined ? expiry : AbortSignal.any([caller, expiry])
  if (isGiven(caller)) throw aborted(caller, false)
  const timestamp = new Date()
  try {
    const { status, headers, body } = await transfer(
      endpoint,
      { method: 'POST', headers: requestHeaders(apiKey, call), body: JSON.stringify(request) },
      { signal, maxBytes: call.n * base64Length(MAX_PICTURE_BYTES) + MAX_FRAME_BYTES },
    )
    const answer = readAnswer({
      status,
      headers: Object.fromEntries(headers),
      text: body.toString(),
      host: endpoint.origin,
    })
    // Of an answer that names thousands the others are not fetched; where they are is kept.
    const most = Math.max(0, call.n - answer.images.length) + SPARE_ADDRESSES
    const addresses = answer.urls.slice(0, most)
    const downloads = await downloadPictures(addresses, {
      from: endpoint,
      maxBytes: MAX_PICTURE_BYTES,
      // The request has come to its end: its time is no business of what is fetched after it.
      signal: caller ?? new AbortController().signal,
    })
    const notFetched = answer.urls.slice(addresses.length)
    const images = [...answer.images, ...downloads.images]
    if (images.length === 0) {
      const failure = notFetchedError(downloads.failures, body)
      throw isGiven(caller) ? aborted(caller, true, failure) : failure
    }
    const hide = hiding(apiKey)
    return {
      images,
      warnings: [
        ...warnings,
        ...warningsAbout(call.n, answer, downloads.failures.map(describeFailure).map(hide)),
      ],
      ...leftOverOf(downloads.failures, notFetched, hide),
      providerMetadata: { minimax: metadataOf(answer, hide) },
      response: {
        timestamp,
        modelId,
        headers: Object.fromEntries([...headers].map(([name, value]) => [name, hide(value)])),
      },
    }
  } catch (error) {
    const hide = hiding(apiKey)
    if (isBrokenOff(error)) {
      if (isGiven(caller)) throw withoutKey(aborted(caller, true, error), hide)
      if (expiry.aborted) throw withoutKey(timedOut(endpoint, timeout, error), hide)
    }
    throw error instanceof ModelError ? withoutKey(error, hide) : error
  }
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

/**
 * A server that repeats what it was sent must not carry the key into messages, receipts or quarantine. Shorter keys are
 * no secrets but somebody's test, and would be found by chance inside pictures.
 */
function hiding(key: string): (text: string) => string {
  return key.length < SECRET_LENGTH ? (text) => text : (text) => redact(text, [key])
}

function withoutKey(error: ModelError, hide: (text: string) => string): ModelError {
  const message = hide(error.message)
  const responseBody = error.responseBody === undefined ? undefined : hide(error.responseBody)
  if (message === error.message && responseBody === error.responseBody) return error
  return new ModelError(message, { ...error, responseBody, cause: error.cause })
}

/** What was paid for and does not come with the answer, so that the user hears of it. */
function warningsAbout(
  asked: number,
  answer: Answer,
  failures: readonly string[],
): MinimaxWarning[] {
  const got = answer.images.length + answer.urls.length
  const messages: string[] = []
  if (got < asked) {
    messages.push(
      `MiniMax refused ${asked - got} of ${asked} pictures: its safety filter let ${got} pass`,
    )
  }
  if (failures.length > 0) messages.push(failureText(failures))
  return messages.map((message) => ({ type: 'other', message }))
}

/** They are paid for, so they are not asked for again: their addresses are told, and kept with what came of them. */
function notFetchedError(failures: readonly FailedDownload[], body: Buffer): ModelError {
  const answer = body.toString()
  const hasParts = failures.some(({ received }) => received.length > 0)
  return new ModelError(failureText(failures.map(describeFailure)), {
    code: 'download',
    retry: 'never',
    maybeBilled: true,
    responseBody: hasParts ? JSON.stringify({ answer, failed: failures.map(plain) }) : answer,
  })
}

/** What is paid for and not among the pictures. */
function leftOverOf(
  failures: readonly FailedDownload[],
  notFetched: readonly string[],
  hide: (text: string) => string,
): Pick<MinimaxResult, 'leftOver'> {
  if (failures.length + notFetched.length === 0) return {}
  const said: string[] = []
  if (failures.length > 0) said.push(`${count(failures.length)} could not be fetched`)
  if (notFetched.length > 0) said.push(`${count(notFetched.length)} more came than were asked for`)
  const body = JSON.stringify({ failed: failures.map(plain), notFetched }, null, 2)
  return { leftOver: { reason: said.join(', '), body: hide(body) } }
}

function plain({ address, reason, received }: FailedDownload): Record<string, string> {
  return { address, reason, received: Buffer.from(received).toString('base64') }
}

function count(pictures: number): string {
  return `${pictures} picture${pictures === 1 ? '' : 's'}`
}

function failureText(failures: readonly string[]): string {
  return `MiniMax drew pictures that could not be fetched; for 24 hours they are at ${failures.join(', ')}.`
}

function metadataOf(
  answer: Answer,
  hide: (text: string) => string,
): MinimaxResult['providerMetadata']['minimax'] {
  const { id, successCount, failedCount } = answer
  return {
    images: [],
    ...(id === undefined ? {} : { id: hide(id) }),
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
