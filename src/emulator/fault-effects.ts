import { STATUS_CODES } from 'node:http'
import { promisify } from 'node:util'
import { crc32, deflate } from 'node:zlib'
import type { PixelSize } from '../model/image-model.ts'
import { openImage } from '../pixels/sharp.ts'
import { htmlMessage, refusalMessage, successMessage, textMessage } from './answers.ts'
import type { Delivery, Message } from './delivery.ts'
import type { Fault, FaultKind } from './faults.ts'
import type { ImageRequest } from './image-request.ts'
import { RefusedError } from './refused.ts'

/** What a fault changes in a request and its answer, step by step. */
export interface Effects {
  /** The answer instead of pictures, with the name it is counted under. `undefined` where pictures are drawn. */
  readonly substitute: (id: string, request: ImageRequest) => Substitute | undefined
  /** The size that is drawn instead of the requested one. */
  readonly size: (asked: PixelSize) => PixelSize
  /** How many of `n` pictures are refused. */
  readonly refused: (n: number) => number
  /** The bytes that are served for a picture. */
  readonly picture: (jpeg: Buffer) => Buffer | Promise<Buffer>
  /** The text that is served for a picture's base64. */
  readonly base64: (text: string) => string
  readonly counts: 'string' | 'number'
  /** Milliseconds. */
  readonly delay: number
  readonly delivery: (message: Message) => Delivery
  /** Whether a client still finds a picture of the right shape in the answer. */
  readonly usable: (format: 'url' | 'base64') => boolean
}

export interface Substitute {
  readonly status: string
  readonly delivery: Delivery
}

/** What a fault does. Without a fault nothing changes. */
export function effectsOf(fault: Fault | undefined): Effects {
  return fault === undefined ? ORDINARY : { ...ORDINARY, ...describe(fault.kind, fault) }
}

function describe<Kind extends FaultKind>(kind: Kind, fault: FaultOf[Kind]): Partial<Effects> {
  return EFFECTS[kind](fault)
}

type FaultOf = { readonly [Kind in FaultKind]: Extract<Fault, { readonly kind: Kind }> }

const ORDINARY: Effects = {
  substitute: () => undefined,
  size: (asked) => asked,
  refused: () => 0,
  picture: (jpeg) => jpeg,
  base64: (text) => text,
  counts: 'string',
  delay: 0,
  delivery: (message) => ({ how: 'whole', message }),
  usable: () => true,
}

const unusable = (): boolean => false

const EFFECTS: { readonly [Kind in FaultKind]: (fault: FaultOf[Kind]) => Partial<Effects> } = {
  status: ({ code, message = STATUS_MESSAGES[code] ?? 'error' }) => ({
    substitute: (id) => whole(String(code), refusalMessage(id, new RefusedError(code, message))),
  }),
  http: (fault) => ({ substitute: () => whole(String(fault.status), gatewayMessage(fault)) }),
  redirect: ({ status = 307, location = 'http://elsewhere.invalid/v1/image_generation' }) => ({
    substitute: () => {
      const message = htmlMessage(status, STATUS_CODES[status] ?? '')
      return whole(String(status), withHeader(message, 'Location', location))
    },
  }),
  reset: ({ when = 'before' }) => breakOff('reset', when),
  hang: ({ when = 'before' }) => breakOff('hang', when),
  endless: () => ({
    substitute: (id) => {
      const start = `{"id":"${id}","data":{"image_base64":["`
      const message = textMessage(200, 'application/json; charset=utf-8', start)
      return { status: 'endless', delivery: { how: 'endless', message } }
    },
  }),
  empty: () => ({
    substitute: (id, { n, responseFormat: format }) =>
      whole('0', successMessage(id, { format, pictures: [], failed: n })),
  }),
  'unsafe-url': ({ url = 'file:///etc/passwd' }) => ({
    substitute: (id, { n }) => {
      const pictures = Array.from({ length: n }, () => url)
      return whole('0', successMessage(id, { format: 'url', pictures, failed: 0 }))
    },
  }),
  partial: ({ refused = 1 }) => ({ refused: (n) => Math.min(n, refused) }),
  'integer-counts': () => ({ counts: 'number' }),
  delay: ({ milliseconds }) => ({ delay: milliseconds }),
  drip: ({ bytes = 4096, interval = 50 }) => ({
    delivery: (message) => ({ how: 'drip', message, bytes, interval }),
  }),
  'truncated-json': () => ({
    delivery: (message) => ({
      how: 'whole',
      message: { ...message, body: cut(message.body) },
    }),
    usable: unusable,
  }),
  'broken-base64': () => ({ base64: breakBase64, usable: (format) => format === 'url' }),
  'not-an-image': () => ({
    picture: () => Buffer.from('<?xml version="1.0"?><Error><Code>InternalError</Code></Error>'),
    usable: unusable,
  }),
  'truncated-image': () => ({ picture: cut, usable: unusable }),
  'wrong-size': (fault) => ({
    size: ({ width, height }) => ({
      width: fault.width ?? Math.round(width / 2),
      height: fault.height ?? Math.round(height / 2),
    }),
    usable: unusable,
  }),
  'wrong-aspect-ratio': () => ({
    size: ({ width, height }) =>
      width > height ? { width: 832, height: 1248 } : { width: 1280, height: 720 },
    usable: unusable,
  }),
  bomb: () => ({ picture: drawBomb, usable: unusable }),
  mislabelled: ({ format }) => ({
    picture: async (jpeg) => (await openImage(jpeg)).toFormat(format).toBuffer(),
  }),
}

function breakOff(how: 'reset' | 'hang', when: 'before' | 'middle'): Partial<Effects> {
  return when === 'before'
    ? { substitute: () => ({ status: how, delivery: { how } }) }
    : { delivery: (message) => ({ how: 'half', message, end: how }) }
}

function whole(status: string, message: Message): Substitute {
  return { status, delivery: { how: 'whole', message } }
}

function cut(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length * 0.6))
}

/** Characters that base64 does not have. A lenient decoder gets other bytes. */
function breakBase64(text: string): string {
  const middle = Math.floor(text.length / 2)
  return `${text.slice(0, middle)}*!%${text.slice(middle + 7)}`
}

function gatewayMessage({ status, body, retryAfter }: FaultOf['http']): Message {
  const message =
    body === undefined
      ? htmlMessage(status, STATUS_CODES[status] ?? '')
      : textMessage(status, 'text/html', body)
  return retryAfter === undefined ? message : withHeader(message, 'Retry-After', String(retryAfter))
}

function withHeader(message: Message, name: string, value: string): Message {
  return { ...message, headers: { ...message.headers, [name]: value } }
}

/** The API's message for each of its codes. */
const STATUS_MESSAGES: Readonly<Record<number, string>> = {
  1000: 'unknown error',
  1001: 'request timeout',
  1002: 'rate limit exceeded(RPM)',
  1004: 'login fail: please check your API key',
  1008: 'insufficient balance',
  1024: 'internal error',
  1026: 'prompt is sensitive',
  1027: 'output is sensitive',
  1033: 'downstream service error',
  1039: 'token limit exceeded',
  1041: 'connection limit exceeded',
  1042: 'invisible character ratio limit',
  2013: 'invalid params',
  2045: 'rate growth limit exceeded',
  2049: 'invalid api key',
  2056: 'usage limit exceeded',
  2061: 'your current plan does not support this model',
}

/** Pixels; four times the decoding limit. */
const SIDE = 20_000

/** A valid PNG of some 50 KB: black, one bit a pixel. Its rows contain only zeros, compressed to a thousandth. */
export async function drawBomb(): Promise<Buffer> {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(SIDE, 0)
  header.writeUInt32BE(SIDE, 4)
  header.writeUInt8(1, 8)
  const rows = Buffer.alloc(SIDE * (1 + SIDE / 8))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', await promisify(deflate)(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

function pngChunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const chunk = Buffer.alloc(content.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  content.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(content), content.length + 4)
  return chunk
}
