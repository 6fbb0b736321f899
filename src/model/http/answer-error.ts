import { plainText } from '../../shared/plain-text.ts'
import { ModelError } from '../image-model.ts'
import type { Service } from './service.ts'

/** An answer as it came over the line, whatever its status. */
export interface RawAnswer {
  readonly service: Service
  readonly status: number
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** Scheme and name of the host that was asked, for messages. */
  readonly host: string
}

/** The error for an answer that is not the provider's, or only half of one. */
export function malformed(raw: RawAnswer, what: string): ModelError {
  return new ModelError(`${raw.host} sent ${what}.${excerpt(raw)}${trace(raw)}`, {
    code: 'malformed',
    retry: 'backoff',
    maybeBilled: true,
    responseBody: raw.text,
  })
}

/**
 * The error for an HTTP status.
 *
 * @param said the provider's own words, where its reader found some in the body.
 */
export function statusError(raw: RawAnswer, said?: string): ModelError {
  const { status } = raw
  const { advice, ...way } = wayAfter(raw)
  const words = said === undefined || said === '' ? excerpt(raw) : quote(plainText(said))
  return new ModelError(`${raw.host} answered HTTP ${status}.${words} ${advice}${trace(raw)}`, {
    code: `http-${status}`,
    retryAfter: retryAfter(raw.headers),
    ...way,
  })
}

function wayAfter({ service, status, headers }: RawAnswer): {
  readonly advice: string
  readonly retry: 'never' | 'backoff' | 'rate-limit'
  readonly stopsRun?: boolean
  readonly maybeBilled?: boolean
} {
  const { keyVariable, hostVariable } = service
  if (status >= 500 || status === 408) {
    return { advice: 'It is worth another try.', retry: 'backoff', maybeBilled: true }
  }
  if (status === 429) return { advice: 'The run slows down.', retry: 'rate-limit' }
  if (status >= 300 && status < 400) {
    const target = headers['location']
    return {
      advice:
        'Redirects are not followed, since the key goes to the configured host only' +
        `${target === undefined ? '' : ` (it points to ${plainText(target, 120)})`}. Check ${hostVariable}.`,
      retry: 'never',
      stopsRun: true,
    }
  }
  if (status === 401) {
    return { advice: `Check ${keyVariable} and ${hostVariable}.`, retry: 'never', stopsRun: true }
  }
  if (status === 404) {
    return { advice: `Check ${hostVariable}.`, retry: 'never', stopsRun: true }
  }
  return { advice: 'Asking again does not help.', retry: 'never' }
}

/** The text of a gateway's error page, without its markup. JSON is not shown: it may hold pictures. */
function excerpt(raw: RawAnswer): string {
  if (raw.text.trimStart().startsWith('{')) return ''
  const words = raw.text
    .slice(0, 2000)
    .replaceAll(/<(style|script)[^]*?<\/\1>|<[^<>]*>/gi, ' ')
    .replaceAll(/\s+/g, ' ')
  return quote(plainText(words, 120))
}

function quote(words: string): string {
  return words === '' ? '' : ` It said: "${words}".`
}

/** The request's id at the end of a message, where the provider sends one. */
export function trace({ service, headers }: RawAnswer): string {
  const { traceHeader } = service
  const id = traceHeader === undefined ? undefined : headers[traceHeader.toLowerCase()]
  return id === undefined ? '' : ` (${traceHeader} ${plainText(id, 80)})`
}

/** Milliseconds to wait, from a Retry-After header with seconds or a date. */
export function retryAfter(headers: RawAnswer['headers']): number | undefined {
  const value = headers['retry-after']?.trim() ?? ''
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.round(Number(value) * 1000)
  const date = value.endsWith('GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
