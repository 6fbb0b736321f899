import { ModelError, type ImageModelResult } from '../image-model.ts'
import type { RawAnswer } from './answer-error.ts'
import { hiding } from './api-key.ts'
import { aborted } from './broken-off.ts'
import { describeFailure, downloadPictures, type FailedDownload } from './download.ts'
import type { Connection } from './exchange.ts'
import type { Service } from './service.ts'

/** Addresses that are fetched beyond the pictures that were asked for: one of the others may be gone. */
const SPARE_ADDRESSES = 3

/** The pictures of an answer, however they came. */
export interface ArrivedPictures {
  /** Base64 text: those that the answer held, then those that it named. */
  readonly images: string[]
  /** Sentences about paid pictures that are not among the images. */
  readonly warnings: readonly string[]
  readonly leftOver?: NonNullable<ImageModelResult['leftOver']>
}

/**
 * Downloads the pictures that an answer names by address, and joins them with those that it holds.
 *
 * An answer that names many more than were asked for has the rest left where it is; their addresses are kept.
 *
 * @param asked how many pictures the call asked for.
 * @param options `maxBytes` is for one picture.
 * @throws ModelError with code `download` where no picture arrived: they are paid for, so nothing asks again, and the
 * error carries the answer.
 */
export async function fetchNamedPictures(
  raw: RawAnswer,
  { images: held, urls }: { readonly images: readonly string[]; readonly urls: readonly string[] },
  asked: number,
  options: Pick<Connection, 'endpoint' | 'apiKey'> & {
    readonly maxBytes: number
    readonly abortSignal?: AbortSignal | undefined
  },
): Promise<ArrivedPictures> {
  const { endpoint, apiKey, maxBytes, abortSignal: caller } = options
  const hide = hiding(apiKey)
  const addresses = urls.slice(0, Math.max(0, asked - held.length) + SPARE_ADDRESSES)
  const notFetched = urls.slice(addresses.length)
  const { images: fetched, failures } = await downloadPictures(addresses, {
    from: endpoint,
    maxBytes,
    // The request is over, so its time-out does not apply.
    signal: caller ?? new AbortController().signal,
  })
  const images = [...held, ...fetched]
  if (images.length === 0) {
    const failure = notFetchedError(raw, failures)
    throw caller?.aborted === true ? aborted(raw.service, caller, true, failure) : failure
  }
  return {
    images,
    warnings:
      failures.length === 0
        ? []
        : [failureText(raw.service, failures.map(describeFailure).map(hide))],
    ...leftOverOf(failures, notFetched, hide),
  }
}

function notFetchedError(raw: RawAnswer, failures: readonly FailedDownload[]): ModelError {
  const { service, text: answer } = raw
  const hasParts = failures.some(({ received }) => received.length > 0)
  return new ModelError(failureText(service, failures.map(describeFailure)), {
    code: 'download',
    retry: 'never',
    maybeBilled: true,
    responseBody: hasParts ? JSON.stringify({ answer, failed: failures.map(plain) }) : answer,
  })
}

function leftOverOf(
  failures: readonly FailedDownload[],
  notFetched: readonly string[],
  hide: (text: string) => string,
): Pick<ArrivedPictures, 'leftOver'> {
  if (failures.length + notFetched.length === 0) return {}
  const reasons: string[] = []
  if (failures.length > 0) reasons.push(`${count(failures.length)} could not be fetched`)
  if (notFetched.length > 0) {
    reasons.push(`${count(notFetched.length)} more came than were asked for`)
  }
  const body = JSON.stringify({ failed: failures.map(plain), notFetched }, null, 2)
  return { leftOver: { reason: reasons.join(', '), body: hide(body) } }
}

function plain({ address, reason, received }: FailedDownload): Record<string, string> {
  return { address, reason, received: Buffer.from(received).toString('base64') }
}

function count(pictures: number): string {
  return `${pictures} picture${pictures === 1 ? '' : 's'}`
}

function failureText({ name, keepsPictures }: Service, failures: readonly string[]): string {
  const time = keepsPictures === undefined ? '' : `for ${keepsPictures} `
  return `${name} drew pictures that could not be fetched; ${time}they are at ${failures.join(', ')}.`
}
