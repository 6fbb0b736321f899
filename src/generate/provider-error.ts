import { isInsecure, isUnsent } from '../model/http/unsent.ts'
import { ModelError } from '../model/image-model.ts'
import { lackOfKey } from '../model/lack-of-key.ts'
import { ImagegenError, messageOf } from '../shared/errors.ts'
import { clause } from '../shared/plain-text.ts'
import { isRecord } from '../shared/record.ts'

/**
 * What a model threw, as the one error type that retrying and spending understand. Models of the AI SDK throw errors
 * with `statusCode` and `isRetryable`; anything else is final.
 */
export function toModelError(error: unknown): ModelError | ImagegenError {
  if (error instanceof ModelError || error instanceof ImagegenError) return error
  if (isForeignModelError(error)) return new ModelError(error.message, { ...error, cause: error })
  const status = numberIn(error, 'statusCode')
  const message = messageOf(error)
  const lack = lackOfKey(error)
  if (lack !== undefined) {
    return new ModelError(lack.message, {
      code: 'credentials',
      retry: 'never',
      stopsRun: true,
      cause: error,
    })
  }
  const followUp = followUpOf(error)
  if (followUp !== undefined) return unfetched(message, followUp, error)
  if (status === undefined) return withoutAnswer(message, error)
  if (status === 429 && !isQuotaUsedUp(error)) {
    return new ModelError(message, {
      code: 'http-429',
      retry: 'rate-limit',
      retryAfter: retryAfterOf(error),
      cause: error,
    })
  }
  const isRetryable = status !== 429 && fieldOf(error, 'isRetryable') === true
  // An answer that the SDK cannot read may hold pictures: it is kept.
  const body = status < 300 ? fieldOf(error, 'responseBody') : undefined
  return new ModelError(message, {
    code: `http-${status}`,
    retry: isRetryable ? 'backoff' : 'never',
    stopsRun: status === 401 || status === 402 || status === 403 || status === 429,
    // A refusal by status is not billed; an answer that broke on the way may have been.
    maybeBilled: status < 300 || status === 408 || status >= 500,
    responseBody: typeof body === 'string' ? body : undefined,
    cause: error,
  })
}

/**
 * The address of a request that only follows the one for a picture. Some providers of the AI SDK ask how far a picture is,
 * or fetch it, with requests without a body.
 */
function followUpOf(error: unknown): string | undefined {
  const url = fieldOf(error, 'url')
  const body = fieldOf(error, 'requestBodyValues')
  const hasNoBody = isRecord(body) && Object.keys(body).length === 0
  return hasNoBody && typeof url === 'string' ? url : undefined
}

/** The picture may be drawn and paid for. Asking for it again would be paid for again. */
function unfetched(message: string, url: string, error: unknown): ModelError {
  return new ModelError(
    `A picture that may be paid for could not be fetched: ${clause(message)}. Save it by hand while the provider keeps it, and take it with \`imagegen adopt ID FILE --keep-prompt\`.`,
    {
      code: 'download',
      retry: 'never',
      maybeBilled: true,
      responseBody: url,
      cause: error,
    },
  )
}

/** What a model threw that no server answered with. */
function withoutAnswer(message: string, error: unknown): ModelError {
  if (isUnsent(error)) {
    const isFinal = isInsecure(error)
    return new ModelError(message, {
      code: 'network',
      retry: isFinal ? 'never' : 'backoff',
      stopsRun: isFinal,
      cause: error,
    })
  }
  const isInvalid = error instanceof Error && isRefusedBeforeSending(error)
  return new ModelError(message, {
    code: isInvalid ? 'invalid' : 'provider',
    retry: fieldOf(error, 'isRetryable') === true ? 'backoff' : 'never',
    maybeBilled: !isInvalid,
    cause: error,
  })
}

/** What the AI SDK throws about a call that it does not send. */
const REFUSED_BEFORE_SENDING: ReadonlySet<string> = new Set([
  'AI_InvalidArgumentError',
  'AI_InvalidPromptError',
  'AI_LoadSettingError',
  'AI_NoSuchModelError',
  'AI_UnsupportedFunctionalityError',
])

/** Some models say with a plain error what they do not take: reference pictures, or several images a call. */
function isRefusedBeforeSending({ name, message, cause }: Error): boolean {
  if (REFUSED_BEFORE_SENDING.has(name)) return true
  return name === 'Error' && cause === undefined && /\bdo(?:es)? not support\b/.test(message)
}

/** OpenAI says with the status of its rate limit that nothing is paid in: no pause helps. */
function isQuotaUsedUp(error: unknown): boolean {
  const body = fieldOf(error, 'responseBody')
  return typeof body === 'string' && body.includes('insufficient_quota')
}

/** The error of another copy of this package, which a configuration may bring along. */
function isForeignModelError(error: unknown): error is ModelError {
  return (
    error instanceof Error && error.name === 'ModelError' && 'retry' in error && 'code' in error
  )
}

function retryAfterOf(error: unknown): number | undefined {
  const headers = fieldOf(error, 'responseHeaders')
  const exact = Number(fieldOf(headers, 'retry-after-ms'))
  if (Number.isFinite(exact) && exact > 0) return exact
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

/**
 * What a failed attempt may have cost: `unsent`: no request left this machine; `unbilled`: the provider refused it;
 * `maybe-billed`: it may have been charged.
 */
export function chargeOf(thrown: unknown): 'unsent' | 'unbilled' | 'maybe-billed' {
  const error = toModelError(thrown)
  if (!(error instanceof ModelError)) return 'unbilled'
  if (error.maybeBilled) return 'maybe-billed'
  return UNSENT_CODES.has(error.code) ? 'unsent' : 'unbilled'
}

/** Codes of `ModelError` that mean, where nothing can have been billed, that nothing was sent either. */
const UNSENT_CODES: ReadonlySet<string> = new Set(['credentials', 'invalid', 'network', 'aborted'])
