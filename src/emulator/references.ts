import { openImage } from '../pixels/sharp.ts'
import { sha256 } from '../shared/hash.ts'
import { drawPicture } from './picture.ts'
import type { ReferencePicture } from './picture.ts'
import { invalidParams } from './refused.ts'

const BYTE_LIMIT = 10 * 1024 * 1024
const DATA_URL = /^data:image\/(?:jpe?g|png);base64,/i
/** Pixels; no print on a picture is larger. */
const SIDE = 520

/**
 * The picture of one `image_file`, decoded once and scaled down.
 *
 * A data URL is decoded. A URL is fetched where it leads to this machine. For any other URL the picture is derived from
 * its text: an emulator that used the network would answer differently from day to day, or not at all without a
 * network.
 *
 * @throws RefusedError
 */
export async function loadReference(file: string, signal: AbortSignal): Promise<ReferencePicture> {
  const prefix = DATA_URL.exec(file.slice(0, 64))?.[0]
  if (prefix !== undefined) return shrink(decodeBase64(file.slice(prefix.length)))
  const url = URL.canParse(file) ? new URL(file) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw invalidParams('image_file must be a public URL or a data URL of a JPEG or PNG in base64')
  }
  if (isLoopback(url.hostname)) return shrink(await download(url, signal))
  const made = await drawPicture({
    model: url.hostname,
    prompt: file,
    width: SIDE,
    height: SIDE,
    index: 0,
    references: [],
    watermark: false,
    settings: {},
  })
  return { sha256: sha256(file), bytes: made }
}

function decodeBase64(text: string): Buffer {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw invalidParams('image_file is not valid base64')
  return Buffer.from(text, 'base64')
}

async function download(url: URL, signal: AbortSignal): Promise<Buffer> {
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    })
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`)
    return await readStart(response.body)
  } catch {
    throw invalidParams('image_file could not be downloaded')
  }
}

/** Reading stops at the limit: the size alone is a reason to refuse it. */
async function readStart(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= BYTE_LIMIT) break
  }
  return Buffer.concat(chunks)
}

async function shrink(bytes: Buffer): Promise<ReferencePicture> {
  if (bytes.length >= BYTE_LIMIT) throw invalidParams('image_file must be smaller than 10MB')
  try {
    const image = await openImage(bytes)
    const { format } = await image.metadata()
    if (format === 'jpeg' || format === 'png') {
      const small = image.rotate().resize(SIDE, SIDE, { fit: 'outside', withoutEnlargement: true })
      return { sha256: sha256(bytes), bytes: await small.png().toBuffer() }
    }
  } catch {
    throw invalidParams('image_file cannot be decoded')
  }
  throw invalidParams('image_file must be a JPEG or PNG')
}

function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}
