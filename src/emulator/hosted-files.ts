import { createHash, createHmac, randomBytes } from 'node:crypto'
import { textMessage } from './answers.ts'
import type { Message } from './delivery.ts'

/** The object store behind url mode. */
export interface HostedFiles {
  /** Stores the bytes and returns a presigned path to them, valid for 24 hours of the emulator's clock. */
  publish(bytes: Buffer): string
  /** Whether a path (without its query) belongs to the object store. */
  owns(pathname: string): boolean
  /** An object store's answer: the picture, or XML with the reason. */
  find(url: URL): Message
}

const PREFIX = '/emulated-images/'
const LIFETIME_SECONDS = 24 * 60 * 60
/** Bytes. Beyond it the oldest pictures are removed, long before a test machine runs out of memory. */
const CAPACITY = 512 * 1024 * 1024

/** Pictures in memory, served as an object store does: no header needed, but a signature that expires. */
export function createHostedFiles(now: () => number): HostedFiles {
  const secret = randomBytes(32)
  const files = new Map<string, Buffer>()
  let stored = 0
  let count = 0

  const sign = (pathname: string, expires: string): string =>
    createHmac('sha256', secret).update(`${pathname}\n${expires}`).digest('base64')

  const find = (url: URL): Message => {
    const expires = url.searchParams.get('Expires') ?? ''
    if (url.searchParams.get('Signature') !== sign(url.pathname, expires)) {
      return errorMessage(403, 'SignatureDoesNotMatch', 'The request signature does not match.')
    }
    if (Number(expires) * 1000 <= now()) {
      return errorMessage(403, 'AccessDenied', 'Request has expired.')
    }
    const body = files.get(url.pathname)
    return body === undefined
      ? errorMessage(404, 'NoSuchKey', 'The specified key does not exist.')
      : { status: 200, headers: { 'Content-Type': 'image/jpeg' }, body }
  }

  return {
    publish(bytes) {
      count += 1
      const name = createHash('sha256')
        .update(`${count}\n`)
        .update(bytes)
        .digest('hex')
        .slice(0, 32)
      const pathname = `${PREFIX}${name}.jpeg`
      files.set(pathname, bytes)
      stored += bytes.length
      for (const [oldest, { length }] of files) {
        if (stored <= CAPACITY) break
        files.delete(oldest)
        stored -= length
      }
      const expires = String(Math.floor(now() / 1000) + LIFETIME_SECONDS)
      const signature = encodeURIComponent(sign(pathname, expires))
      return `${pathname}?Expires=${expires}&OSSAccessKeyId=EMULATOR&Signature=${signature}`
    },
    owns: (pathname) => pathname.startsWith(PREFIX),
    find,
  }
}

function errorMessage(status: 403 | 404, code: string, text: string): Message {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${text}</Message></Error>\n`
  return textMessage(status, 'application/xml', body)
}
