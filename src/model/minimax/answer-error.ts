import { ModelError } from '../image-model.ts'
import { plainText } from '../../shared/plain-text.ts'
import { factsOfCode } from './codes.ts'

/** An answer as it came over the line. */
export interface RawAnswer {
  readonly status: number
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** Scheme and name of the host that was asked, for messages. */
  readonly host: string
}

/**
 * What a code in the body means.
 *
 * @param said MiniMax's own words.
 * @param pictures the body, where it holds some all the same: they may have been paid for.
 */
export function codeError(
  raw: RawAnswer,
  code: string,
  said: string | undefined,
  pictures: string | undefined,
): ModelError {
  const facts = factsOfCode(code)
  const quote = said === undefined || said === '' ? '' : ` ("${plainText(said)}")`
  const meaning = facts?.meaning ?? 'a code that is not known'
  const advice =
    facts?.advice.replace('{host}', () => raw.host) ?? 'Look it up in the documentation of MiniMax.'
  return new ModelError(`MiniMax ${code}: ${meaning}${quote}. ${advice}${trace(raw)}`, {
    code,
    retry: facts?.retry ?? 'never',
    stopsRun: facts?.stopsRun ?? false,
    maybeBilled: facts?.maybeBilled ?? true,
    retryAfter: retryAfter(raw.headers),
    responseBody: pictures,
  })
}

/** The safety filter refused every picture; they were drawn, and no source says that such ones are free. */
export function emptyError(raw: RawAnswer, refused: number | undefined): ModelError {
  const count = refused === undefined ? '' : ` (failed: ${refused})`
  return new ModelError(
    `MiniMax answered without a picture${count}: its safety filter refused them all. ` +
      `Reword the prompt, or try another seed or revision.${trace(raw)}`,
    { code: 'empty', retry: 'never', maybeBilled: true },
  )
}

/** What is no answer of MiniMax's, or half of one. */
export function malformed(raw: RawAnswer, what: string): ModelError {
  return new ModelError(`${raw.host} sent ${what}.${excerpt(raw)}${trace(raw)}`, {
    code: 'malformed',
    retry: 'backoff',
    maybeBilled: true,
    responseBody: raw.text,
  })
}

/** What a status means that comes without a code. */
export function statusError(raw: RawAnswer): ModelError {
  const { status } = raw
  const { advice, ...way } = wayAfter(raw)
  return new ModelError(
    `${raw.host} answered HTTP ${status}.${excerpt(raw)} ${advice}${trace(raw)}`,
    {
      code: `http-${status}`,
      retryAfter: retryAfter(raw.headers),
      ...way,
    },
  )
}

function wayAfter(raw: RawAnswer): {
  readonly advice: string
  readonly retry: 'never' | 'backoff' | 'rate-limit'
  readonly stopsRun?: boolean
  readonly maybeBilled?: boolean
} {
  const { status } = raw
  if (status >= 500 || status === 408) {
    return { advice: 'It is worth another try.', retry: 'backoff', maybeBilled: true }
  }
  if (status === 429) return { advice: 'The run slows down.', retry: 'rate-limit' }
  if (status >= 300 && status < 400) {
    const target = raw.headers['location']
    return {
      advice:
        'Redirects are not followed, since the key goes to the configured host only' +
        `${target === undefined ? '' : ` (it points to ${plainText(target, 120)})`}. Check MINIMAX_API_HOST.`,
      retry: 'never',
      stopsRun: true,
    }
  }
  if (status === 401) {
    return { advice: 'Check MINIMAX_API_KEY and MINIMAX_API_HOST.', retry: 'never', stopsRun: true }
  }
  if (status === 404) {
    return { advice: 'Check MINIMAX_API_HOST.', retry: 'never', stopsRun: true }
  }
  return { advice: 'Asking again does not help.', retry: 'never' }
}

/** What a gateway's page says, without its markup. Never of an answer that may hold pictures. */
function excerpt(raw: RawAnswer): string {
  if (raw.text.trimStart().startsWith('{')) return ''
  const words = raw.text
    .slice(0, 2000)
    .replaceAll(/<(style|script)[^]*?<\/\1>|<[^<>]*>/gi, ' ')
    .replaceAll(/\s+/g, ' ')
  const text = plainText(words, 120)
  return text === '' ? '' : ` It said: "${text}".`
}

/** What MiniMax's support asks for. */
function trace(raw: RawAnswer): string {
  const id = raw.headers['trace-id']
  return id === undefined ? '' : ` (Trace-Id ${plainText(id, 80)})`
}

/** Milliseconds; the header holds seconds or a date. */
function retryAfter(headers: RawAnswer['headers']): number | undefined {
  const value = headers['retry-after']?.trim() ?? ''
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.round(Number(value) * 1000)
  const date = value.endsWith('GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
