import type { IncomingMessage } from 'node:http'
import * as v from 'valibot'
import { refuse } from './refused.ts'

/**
 * Reads the body of a request. A body that is too large stays unread, so that the answer still reaches the client.
 *
 * @param limit in bytes.
 * @throws RefusedError `too-large`, or `malformed` if the client ends it early.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = (): Error => refuse('too-large', `The body has more than ${limit} bytes.`)
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.reject(tooLarge())
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let size = 0
    const end = (settle: () => void): void => {
      request.off('data', take).off('end', complete).off('close', breakOff).off('error', breakOff)
      settle()
    }
    const take = (part: Buffer): void => {
      size += part.length
      if (size <= limit) parts.push(part)
      else {
        request.pause()
        end(() => reject(tooLarge()))
      }
    }
    const complete = (): void => end(() => resolve(Buffer.concat(parts)))
    const breakOff = (): void => end(() => reject(refuse('malformed', 'The body ended early.')))
    request.on('data', take).on('end', complete).on('close', breakOff).on('error', breakOff)
  })
}

/**
 * Parses a body of JSON.
 *
 * @throws RefusedError `malformed`.
 */
export function parseBody<Value>(body: Buffer, schema: v.GenericSchema<unknown, Value>): Value {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw refuse('malformed', 'The body is not JSON.')
  }
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  throw refuse('malformed', `${v.getDotPath(issue) ?? 'The body'}: ${issue.message}`)
}
