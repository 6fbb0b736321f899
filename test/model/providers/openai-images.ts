import type { ServerResponse } from 'node:http'
import { loadSharp } from '../../../src/pixels/sharp.ts'
import { sendJson, serve, type Loopback, type Received } from '../loopback.ts'

/** What goes wrong with one request, in the words of OpenAI's service. */
export type Fault =
  /** An answer with this status and body; nothing is drawn. */
  | { readonly kind: 'refuses'; readonly status: number; readonly body: unknown }
  /** An answer that is no JSON, such as a gateway's page. */
  | { readonly kind: 'html'; readonly status: number }
  /** Drawn, billed, and not of the size that was asked for. */
  | { readonly kind: 'other-size'; readonly size: `${number}x${number}` }
  /** Billed, and without a picture. */
  | { readonly kind: 'empty' }
  /** The connection breaks before an answer. */
  | { readonly kind: 'breaks' }

export interface OpenAiImages extends Loopback {
  /** Pictures that were drawn, and so billed. */
  readonly drawn: () => number
}

export interface OpenAiImagesOptions {
  /** One for each request, in their order; `undefined`: it is answered well. */
  readonly faults?: ReadonlyArray<Fault | undefined>
  /** The sizes that it draws; the first one where none is asked for. */
  readonly sizes?: readonly string[]
  /** The most pictures that it draws for one request: more are refused. */
  readonly most?: number
}

const GPT_IMAGE_SIZES = ['1024x1024', '1536x1024', '1024x1536']

/**
 * OpenAI's images endpoints (`/images/generations`, `/images/edits`) as `gpt-image-1` has them: three sizes, no seed, up to
 * ten pictures a request. Every picture has a colour of its own.
 *
 * @see https://platform.openai.com/docs/api-reference/images
 */
export async function serveOpenAiImages(options: OpenAiImagesOptions = {}): Promise<OpenAiImages> {
  const { faults = [], sizes = GPT_IMAGE_SIZES, most = 10 } = options
  let requests = 0
  let drawn = 0

  const draw = async (response: ServerResponse, n: number, size: string): Promise<void> => {
    const pictures = Array.from({ length: n }, () => pictureOf(size, ++drawn))
    const data = (await Promise.all(pictures)).map((png) => ({ b64_json: png.toString('base64') }))
    sendJson(response, { created: 1, data })
  }

  const loopback = await serve(async (response, request) => {
    const fault = faults[requests++]
    const { n, size } = askedFor(request)
    const wanted = size === '' || size === 'auto' ? (sizes[0] ?? '') : size
    switch (fault?.kind) {
      case 'refuses':
        return sendJson(response, fault.body, fault.status)
      case 'html':
        response.writeHead(fault.status, { 'content-type': 'text/html' })
        return response.end('<html><body><h1>Bad gateway</h1></body></html>')
      case 'breaks':
        return response.destroy()
      case 'empty':
        drawn += n
        return sendJson(response, { created: 1, data: [] })
      case 'other-size':
        return draw(response, n, fault.size)
      case undefined:
        break
    }
    if (!/^\/images\/(generations|edits)$/.test(request.path)) {
      return sendJson(response, refusal(`Invalid URL (POST ${request.path})`), 404)
    }
    if (!sizes.includes(wanted)) {
      const supported = [...sizes, 'auto'].map((each) => `'${each}'`).join(', ')
      const said = `Invalid value: '${size}'. Supported values are: ${supported}.`
      return sendJson(response, refusal(said, 'size'), 400)
    }
    if (n > most) {
      const said = `Invalid 'n': integer above maximum value. Expected a value <= ${most}, but got ${n} instead.`
      return sendJson(response, refusal(said, 'n'), 400)
    }
    return draw(response, n, wanted)
  })
  return { ...loopback, drawn: () => drawn }
}

/** The body of a refusal. */
export function refusal(message: string, param: string | null = null): unknown {
  return { error: { message, type: 'invalid_request_error', param, code: 'invalid_value' } }
}

/** What a request asks for: its body is JSON, or a form where pictures are sent along. */
export function askedFor({ body }: Received): {
  readonly n: number
  readonly size: string
  readonly references: number
} {
  if (body.startsWith('{')) {
    const { n = 1, size = '' } = JSON.parse(body) as { n?: number; size?: string }
    return { n, size, references: 0 }
  }
  const field = (name: string): string | undefined =>
    new RegExp(`name="${name}"\r\n\r\n([^\r]*)`).exec(body)?.[1]
  const references = [...body.matchAll(/name="image(?:\[\])?"/g)].length
  return { n: Number(field('n') ?? 1), size: field('size') ?? '', references }
}

async function pictureOf(size: string, number: number): Promise<Buffer> {
  const [width = 1, height = 1] = size.split('x').map(Number)
  return drawPicture({ width, height }, number)
}

/** A picture whose colour says its number. */
export async function drawPicture(
  { width, height }: { readonly width: number; readonly height: number },
  number: number,
): Promise<Buffer> {
  const sharp = await loadSharp()
  const background = { r: (number * 40) % 256, g: number % 256, b: 90 }
  return sharp({ create: { width, height, channels: 3, background } })
    .png({ compressionLevel: 1 })
    .toBuffer()
}
