import * as v from 'valibot'
import { ModelError } from '../image-model.ts'
import { plainText } from '../plain-text.ts'
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

/** What a good answer says. */
export interface Answer {
  /** Base64 text, as received. */
  readonly images: readonly string[]
  /** Where pictures can be had, if the host answered in url mode all the same. */
  readonly urls: readonly string[]
  readonly id: string | undefined
  readonly successCount: number | undefined
  readonly failedCount: number | undefined
}

/** Counts and codes come as numbers or as strings, whatever the schema says. */
const numberSchema = tolerant(
  v.pipe(v.union([v.number(), v.pipe(v.string(), v.nonEmpty())]), v.transform(Number), v.integer()),
)

const answerSchema = v.object({
  id: tolerant(v.string()),
  data: tolerant(
    v.object({
      image_base64: tolerant(v.array(v.unknown())),
      image_urls: tolerant(v.array(v.unknown())),
    }),
  ),
  metadata: tolerant(v.object({ success_count: numberSchema, failed_count: numberSchema })),
  base_resp: tolerant(v.object({ status_code: numberSchema, status_msg: tolerant(v.string()) })),
})

type Body = v.InferOutput<typeof answerSchema>

/**
 * Reads an answer. MiniMax reports errors inside HTTP 200, so the code in the body is asked first, then the status.
 *
 * @throws ModelError for every answer without a picture.
 */
export function readAnswer(raw: RawAnswer): Answer {
  const body = parse(raw.text)
  const code = body?.base_resp?.status_code
  const isGood = raw.status >= 200 && raw.status < 300
  if (code !== undefined && code !== 0 && (isGood || factsOfCode(String(code)) !== undefined)) {
    throw codeError(raw, String(code), body)
  }
  if (!isGood) throw statusError(raw)
  if (body === undefined) throw malformed(raw, 'an answer that is not complete JSON')

  const images = texts(body.data?.image_base64).map(withoutPrefix)
  const urls = texts(body.data?.image_urls)
  if (images.length + urls.length === 0) {
    if (code === 0) throw emptyError(raw, body)
    throw malformed(raw, 'neither pictures nor an error')
  }
  // One broken picture among good ones is handed on with them: it was paid, and the store sets it aside.
  if (urls.length === 0 && !images.some(isBase64)) throw malformed(raw, 'broken base64')
  return {
    images,
    urls,
    id: body.id,
    successCount: body.metadata?.success_count,
    failedCount: body.metadata?.failed_count,
  }
}

function parse(text: string): Body | undefined {
  try {
    const result = v.safeParse(answerSchema, JSON.parse(text))
    return result.success ? result.output : undefined
  } catch {
    return undefined
  }
}

/** One odd field must not cost the pictures beside it. */
function tolerant<Output>(
  schema: v.GenericSchema<unknown, Output>,
): v.GenericSchema<unknown, Output | undefined> {
  return v.fallback(v.optional(schema), undefined)
}

function texts(list: readonly unknown[] | undefined): string[] {
  return (list ?? []).filter((item): item is string => typeof item === 'string' && item !== '')
}

function withoutPrefix(image: string): string {
  return image.startsWith('data:') ? image.slice(image.indexOf(',') + 1) : image
}

/** Node skips what is no base64 and stops at padding, so broken text decodes to less than its length says. */
function isBase64(text: string): boolean {
  const digits = text.length - (/=*$/.exec(text.slice(-2))?.[0].length ?? 0)
  return digits % 4 !== 1 && Buffer.from(text, 'base64').length === Math.floor((digits * 3) / 4)
}

function codeError(raw: RawAnswer, code: string, body: Body | undefined): ModelError {
  const facts = factsOfCode(code)
  const said = body?.base_resp?.status_msg
  const quote = said === undefined || said === '' ? '' : ` ("${plainText(said)}")`
  const meaning = facts?.meaning ?? 'a code that is not known'
  const advice =
    facts?.advice.replace('{host}', () => raw.host) ?? 'Look it up in the documentation of MiniMax.'
  const holdsPictures = texts(body?.data?.image_base64).length > 0
  return new ModelError(`MiniMax ${code}: ${meaning}${quote}. ${advice}${trace(raw)}`, {
    code,
    retry: facts?.retry ?? 'never',
    stopsRun: facts?.stopsRun ?? false,
    maybeBilled: facts?.maybeBilled ?? true,
    retryAfter: retryAfter(raw.headers),
    responseBody: holdsPictures ? raw.text : undefined,
  })
}

/** The safety filter refused every picture; they were drawn, and no source says that such ones are free. */
function emptyError(raw: RawAnswer, body: Body): ModelError {
  const refused = body.metadata?.failed_count
  const count = refused === undefined ? '' : ` (failed: ${refused})`
  return new ModelError(
    `MiniMax answered without a picture${count}: its safety filter refused them all. ` +
      `Reword the prompt, or try another seed or revision.${trace(raw)}`,
    { code: 'empty', retry: 'never', maybeBilled: true },
  )
}

function malformed(raw: RawAnswer, what: string): ModelError {
  return new ModelError(`${raw.host} sent ${what}.${excerpt(raw)}${trace(raw)}`, {
    code: 'malformed',
    retry: 'backoff',
    maybeBilled: true,
    responseBody: raw.text,
  })
}

function statusError(raw: RawAnswer): ModelError {
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
