import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'

/** Bytes: several references of 10 MB each in base64. */
const LIMIT = 128 * 1024 * 1024

/**
 * The body as text, `undefined` where it is larger than the emulator takes. It is read to its end in either case:
 * leaving it unread would cut the connection before the client has its answer.
 */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= LIMIT) chunks.push(chunk)
    else chunks.length = 0
  })
  await once(request, 'end')
  return size > LIMIT ? undefined : Buffer.concat(chunks).toString('utf8')
}
