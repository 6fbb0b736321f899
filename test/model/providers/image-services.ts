import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { sendJson, serve, type Loopback, type Received } from '../loopback.ts'
import { askedFor, drawPicture } from './openai-images.ts'

/** What a request asks for. */
export interface Asked {
  readonly n: number
  readonly width: number
  readonly height: number
  /** Reference pictures that came with it. */
  readonly references: number
}

/** How a service speaks: what its requests ask for, and how it answers them. */
export interface Dialect {
  /** `undefined`: not a request for pictures. */
  readonly read: (request: Received) => Asked | undefined
  /** @param urlOf serves a picture under an address of its own. */
  readonly answer: (pictures: readonly Buffer[], urlOf: (picture: Buffer) => string) => unknown
  readonly refusal: (message: string, status: number) => unknown
  /** Where the service refuses a prompt with an answer that looks well. */
  readonly filtered?: unknown
  /** The pictures are fetched from addresses. */
  readonly hasDownloads: boolean
}

/** What happens to one request, or to the download that follows it. */
export type ServiceFault =
  | {
      readonly kind: 'refuses'
      readonly status: number
      readonly message: string
      readonly retryAfter?: string
    }
  | { readonly kind: 'page'; readonly status: number }
  | { readonly kind: 'breaks' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'filters' }
  | { readonly kind: 'draws'; readonly width: number; readonly height: number }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'keeps'; readonly status: number }
  /** Refuses requests for more pictures than these. */
  | { readonly kind: 'takes'; readonly most: number }

export interface ImageService extends Loopback {
  /** Requests for pictures. Downloads are not counted. */
  readonly requests: () => readonly Asked[]
  /** Pictures that the service may bill for. */
  readonly billable: () => number
}

/** @param faults one for each request, the last one for all that follow; `undefined`: it is answered well. */
export async function serveImages(
  dialect: Dialect,
  faults: ReadonlyArray<ServiceFault | undefined>,
): Promise<ImageService> {
  const requests: Asked[] = []
  const pictures = new Map<string, { readonly bytes: Buffer; readonly status: number }>()
  let billable = 0
  let drawn = 0

  const page = (response: ServerResponse, status: number): void => {
    response.writeHead(status, { 'content-type': 'text/html' })
    response.end('<html><body><h1>Bad gateway</h1></body></html>')
  }

  const loopback: Loopback = await serve(async (response, request) => {
    const file = pictures.get(request.path)
    if (file !== undefined) {
      response.writeHead(file.status, { 'content-type': 'image/png' })
      return response.end(file.bytes)
    }
    const asked = dialect.read(request)
    if (asked === undefined) return sendJson(response, dialect.refusal('no such page', 404), 404)
    const fault = faults[Math.min(requests.length, faults.length - 1)]
    requests.push(asked)
    const { n, width, height } = asked
    const draw = async (size: { width: number; height: number }, status = 200): Promise<void> => {
      const all = await Promise.all(Array.from({ length: n }, () => drawPicture(size, ++drawn)))
      const urlOf = (bytes: Buffer): string => {
        const place = `/files/${randomUUID()}.png`
        pictures.set(place, { bytes, status })
        return `${loopback.url}${place}`
      }
      sendJson(response, dialect.answer(all, urlOf))
    }
    switch (fault?.kind) {
      case undefined:
        billable += n
        return draw({ width, height })
      case 'takes':
        if (n > fault.most) {
          return sendJson(response, dialect.refusal(`At most ${fault.most} a request.`, 400), 400)
        }
        billable += n
        return draw({ width, height })
      case 'refuses':
        // Nobody can tell from a failing server whether it bills.
        if (fault.status >= 500) billable += n
        if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter)
        return sendJson(response, dialect.refusal(fault.message, fault.status), fault.status)
      case 'page':
        if (fault.status < 300 || fault.status >= 500) billable += n
        return page(response, fault.status)
      case 'breaks':
        billable += n
        return response.destroy()
      case 'empty':
        billable += n
        return sendJson(
          response,
          dialect.answer([], () => ''),
        )
      case 'filters':
        billable += n
        return sendJson(response, dialect.filtered)
      case 'draws':
        billable += n
        return draw(fault)
      case 'garbage': {
        billable += n
        const all = Array.from({ length: n }, () => Buffer.from('no picture at all'))
        return sendJson(
          response,
          dialect.answer(all, (bytes) => {
            pictures.set('/files/garbage', { bytes, status: 200 })
            return `${loopback.url}/files/garbage`
          }),
        )
      }
      case 'keeps':
        billable += n
        return draw({ width, height }, fault.status)
      default:
        return fault satisfies never
    }
  })
  return { ...loopback, requests: () => requests, billable: () => billable }
}

function pixels(size: string): { readonly width: number; readonly height: number } {
  const [width = 64, height = 64] = size.split('x').map(Number)
  return { width, height }
}

const base64 = (picture: Buffer): string => picture.toString('base64')

/** @see https://platform.openai.com/docs/api-reference/images */
export const OPENAI_DIALECT: Dialect = {
  read(request) {
    if (!/^\/images\/(?:generations|edits)$/.test(request.path)) return undefined
    const { n, size, references } = askedFor(request)
    return { n, references, ...pixels(size) }
  },
  answer: (pictures) => ({
    created: 1,
    data: pictures.map((picture) => ({ b64_json: base64(picture) })),
  }),
  refusal: (message) => ({
    error: { message, type: 'invalid_request_error', param: null, code: null },
  }),
  hasDownloads: false,
}

/** @see https://ai.google.dev/gemini-api/docs/imagen */
export const IMAGEN_DIALECT: Dialect = {
  read({ path: place, body }) {
    if (!place.endsWith(':predict')) return undefined
    const { parameters } = JSON.parse(body) as {
      parameters: { sampleCount: number; aspectRatio?: string }
    }
    const [across = 1, down = 1] = (parameters.aspectRatio ?? '1:1').split(':').map(Number)
    return { n: parameters.sampleCount, width: 16 * across, height: 16 * down, references: 0 }
  },
  answer: (pictures) => ({
    predictions: pictures.map((picture) => ({
      mimeType: 'image/png',
      bytesBase64Encoded: base64(picture),
    })),
  }),
  refusal: googleRefusal,
  filtered: {
    predictions: [{ raiFilteredReason: 'The prompt violates the policy. Codes: 39322985' }],
  },
  hasDownloads: false,
}

/** @see https://ai.google.dev/gemini-api/docs/image-generation */
export const GEMINI_DIALECT: Dialect = {
  read({ path: place, body }) {
    if (!place.endsWith(':generateContent')) return undefined
    const { contents, generationConfig } = JSON.parse(body) as {
      contents: Array<{ parts: object[] }>
      generationConfig?: { imageConfig?: { aspectRatio?: string } }
    }
    const parts = contents.flatMap((content) => content.parts)
    const ratio = generationConfig?.imageConfig?.aspectRatio ?? '1:1'
    const [across = 1, down = 1] = ratio.split(':').map(Number)
    const references = parts.filter((part) => 'inlineData' in part).length
    return { n: 1, width: 16 * across, height: 16 * down, references }
  },
  answer: (pictures) => ({
    candidates: [
      {
        content: {
          role: 'model',
          parts: pictures.map((picture) => ({
            inlineData: { mimeType: 'image/png', data: base64(picture) },
          })),
        },
        finishReason: 'STOP',
      },
    ],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  }),
  refusal: googleRefusal,
  filtered: { candidates: [{ finishReason: 'IMAGE_SAFETY' }] },
  hasDownloads: false,
}

function googleRefusal(message: string, status: number): unknown {
  return { error: { code: status, message, status: 'INVALID_ARGUMENT' } }
}

interface JsonRequest {
  readonly num_images?: number
  readonly image_size?: { readonly width: number; readonly height: number }
  readonly image_url?: string
  readonly image_urls?: readonly string[]
}

/** @see https://fal.ai/models/fal-ai/flux/dev/api */
export const FAL_DIALECT: Dialect = {
  read({ method, body }) {
    if (method !== 'POST') return undefined
    const {
      num_images: n = 1,
      image_size: size,
      image_url: one,
      image_urls: many,
    } = JSON.parse(body) as JsonRequest
    const references = many?.length ?? (one === undefined ? 0 : 1)
    return { n, references, width: size?.width ?? 64, height: size?.height ?? 64 }
  },
  answer: (pictures, urlOf) => ({
    images: pictures.map((picture) => ({ url: urlOf(picture), content_type: 'image/png' })),
    has_nsfw_concepts: pictures.map(() => false),
    prompt: 'x',
  }),
  refusal: (message, status) =>
    status === 422
      ? { detail: [{ loc: ['body', 'prompt'], msg: message, type: 'content_policy_violation' }] }
      : { message },
  hasDownloads: true,
}

/** @see https://replicate.com/docs/reference/http#models.predictions.create */
export const REPLICATE_DIALECT: Dialect = {
  read({ method, body }) {
    if (method !== 'POST') return undefined
    const { input } = JSON.parse(body) as {
      input: { num_outputs?: number; size?: string; image?: string }
    }
    return {
      n: input.num_outputs ?? 1,
      references: input.image === undefined ? 0 : 1,
      ...pixels(input.size ?? ''),
    }
  },
  answer: (pictures, urlOf) => ({ output: pictures.map((picture) => urlOf(picture)) }),
  refusal: (message) => ({ detail: message, error: message }),
  hasDownloads: true,
}
