import { createHash } from 'node:crypto'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'

export interface Answer {
  status: number
  headers: Headers
  json: {
    id?: string
    data: { image_base64?: string[]; image_urls?: string[] } | null
    metadata?: { failed_count: unknown; success_count: unknown }
    base_resp: { status_code: number; status_msg: string }
  }
}

/** An emulator without a rate limit, unless the options set one. */
export async function start(options: EmulatorOptions = {}): Promise<Emulator> {
  return startEmulator({ rpm: 0, ...options })
}

/** The smallest valid body, with a picture that is drawn quickly. */
export const BODY = {
  model: 'image-01',
  prompt: 'a red boat on a lake',
  width: 512,
  height: 512,
  response_format: 'base64',
}

export function request(
  emulator: Emulator,
  body: unknown = BODY,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`${emulator.url}/v1/image_generation`, {
    method: 'POST',
    headers: { Authorization: 'Bearer secret-key-1', 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  })
}

export async function ask(
  emulator: Emulator,
  body: unknown = BODY,
  init: RequestInit = {},
): Promise<Answer> {
  const response = await request(emulator, body, init)
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as Answer['json'],
  }
}

/** The first picture of an answer in base64 mode. */
export function pictureOf({ json }: Answer, index = 0): Buffer {
  return Buffer.from(json.data!.image_base64![index]!, 'base64')
}

export function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The mean difference per channel, from 0 to 255, between two pictures of one size, in a part of them. */
export async function difference(
  left: Buffer,
  right: Buffer,
  part: { left: number; top: number; width: number; height: number },
): Promise<number> {
  const sharp = await loadSharp()
  const [a, b] = await Promise.all(
    [left, right].map((bytes) => sharp(bytes).extract(part).raw().toBuffer()),
  )
  let sum = 0
  for (let index = 0; index < a!.length; index++) sum += Math.abs(a![index]! - b![index]!)
  return sum / a!.length
}

/** A plain picture to send as a reference. */
export async function plainPicture(
  background: string,
  format: 'png' | 'jpeg' | 'webp' = 'png',
): Promise<Buffer> {
  const sharp = await loadSharp()
  return sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .toFormat(format)
    .toBuffer()
}

export function dataUrl(bytes: Uint8Array, type = 'image/png'): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`
}

export function character(image_file: string): { type: string; image_file: string } {
  return { type: 'character', image_file }
}
