import type { Message } from './delivery.ts'
import type { RefusedError } from './refused.ts'

/** The answer with pictures. */
export function successMessage(
  id: string,
  answer: {
    readonly format: 'url' | 'base64'
    /** URLs or base64 text. */
    readonly pictures: readonly string[]
    readonly failed: number
    /** @default 'string', as the real API answers */
    readonly counts?: 'string' | 'number'
  },
): Message {
  const { format, pictures, failed, counts } = answer
  const write = counts === 'number' ? Number : String
  return jsonMessage(id, {
    id,
    data: { [format === 'url' ? 'image_urls' : 'image_base64']: pictures },
    metadata: { failed_count: write(failed), success_count: write(pictures.length) },
    base_resp: { status_code: 0, status_msg: 'success' },
  })
}

/** The answer to a refused request: a status code inside HTTP 200. */
export function refusalMessage(id: string, { code, message }: RefusedError): Message {
  return jsonMessage(id, { id, data: null, base_resp: { status_code: code, status_msg: message } })
}

/** The gateway's answer to an unknown path. */
export function notFoundMessage(): Message {
  return textMessage(404, 'text/plain', '404 page not found')
}

/** A gateway's answer to an internal error. */
export function htmlMessage(status: number, title: string): Message {
  const text = `${status} ${title}`
  const body = `<html>\r\n<head><title>${text}</title></head>\r\n<body>\r\n<center><h1>${text}</h1></center>\r\n</body>\r\n</html>\r\n`
  return textMessage(status, 'text/html', body)
}

/** An answer with a text. */
export function textMessage(status: number, type: string, body: string): Message {
  return { status, headers: { 'Content-Type': type }, body: Buffer.from(body) }
}

/** The emulator's own data about itself. */
export function reportMessage(value: unknown): Message {
  return textMessage(200, 'application/json', `${JSON.stringify(value, undefined, 2)}\n`)
}

function jsonMessage(id: string, value: unknown): Message {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Trace-Id': id },
    body: Buffer.from(JSON.stringify(value)),
  }
}
