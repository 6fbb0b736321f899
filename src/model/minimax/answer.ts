import * as v from 'valibot'
import { malformed, statusError, type RawAnswer } from '../http/answer-error.ts'
import { codeError, emptyError } from './answer-error.ts'
import { factsOfCode } from './codes.ts'

/** The content of a good answer. */
export interface Answer {
  /** Base64 text, as received. */
  readonly images: readonly string[]
  /** Addresses of pictures, where the host answered in url mode although base64 was requested. */
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
 * Reads an answer. MiniMax reports errors inside HTTP 200, so the code in the body decides first, then the status.
 *
 * @throws ModelError for every answer without a picture.
 */
export function readAnswer(raw: RawAnswer): Answer {
  const body = parse(raw.text)
  const code = body?.base_resp?.status_code
  const isGood = raw.status >= 200 && raw.status < 300
  if (code !== undefined && code !== 0 && (isGood || factsOfCode(String(code)) !== undefined)) {
    const holdsPictures = texts(body?.data?.image_base64).length > 0
    const said = body?.base_resp?.status_msg
    throw codeError(raw, String(code), said, holdsPictures ? raw.text : undefined)
  }
  if (!isGood) throw statusError(raw)
  if (body === undefined) throw malformed(raw, 'an answer that is not complete JSON')

  const images = texts(body.data?.image_base64).map(withoutPrefix)
  const urls = texts(body.data?.image_urls)
  if (images.length + urls.length === 0) {
    if (code === 0) throw emptyError(raw, body.metadata?.failed_count)
    throw malformed(raw, 'neither pictures nor an error')
  }
  // A broken picture among good ones is returned with them: it was paid for, and the store moves it to quarantine.
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

/** A field of another type is ignored: it must not cost the pictures beside it. */
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

/** Node skips characters that are not base64 and stops at padding, so broken text decodes to fewer bytes than its length implies. */
function isBase64(text: string): boolean {
  const digits = text.length - (/=*$/.exec(text.slice(-2))?.[0].length ?? 0)
  return digits % 4 !== 1 && Buffer.from(text, 'base64').length === Math.floor((digits * 3) / 4)
}
