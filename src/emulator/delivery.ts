import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { wait } from '../shared/abort.ts'

/** How an answer is sent. */
export type Delivery =
  | { readonly how: 'whole'; readonly message: Message }
  | {
      readonly how: 'drip'
      readonly message: Message
      readonly bytes: number
      /** Milliseconds. */
      readonly interval: number
    }
  | { readonly how: 'half'; readonly message: Message; readonly end: 'reset' | 'hang' }
  | { readonly how: 'reset' | 'hang' }
  | { readonly how: 'endless'; readonly message: Message }

/** An HTTP answer. */
export interface Message {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/**
 * Sends an answer. Returns whether it was written to its end. `signal` aborts when the client has left.
 *
 * @throws ImagegenError with code `aborted` where the client left in the middle.
 */
export async function deliver(
  response: ServerResponse,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<boolean> {
  switch (delivery.how) {
    case 'whole': {
      writeHead(response, delivery.message)
      return finish(response, delivery.message.body)
    }
    case 'drip': {
      const { message, bytes, interval } = delivery
      writeHead(response, message)
      let offset = 0
      for (; offset + bytes < message.body.length; offset += bytes) {
        response.write(message.body.subarray(offset, offset + bytes))
        await wait(interval, signal)
      }
      return finish(response, message.body.subarray(offset))
    }
    case 'half': {
      const { body } = delivery.message
      writeHead(response, delivery.message)
      await written(response, body.subarray(0, Math.floor(body.length / 2)))
      return delivery.end === 'reset' ? reset(response) : untilGone(signal)
    }
    case 'reset':
      return reset(response)
    case 'hang':
      return untilGone(signal)
    case 'endless': {
      const { status, headers, body } = delivery.message
      response.writeHead(status, headers)
      response.write(body)
      const piece = Buffer.alloc(64 * 1024, 'A')
      while (!signal.aborted) {
        if (response.write(piece)) continue
        await once(response, 'drain', { signal }).catch(() => undefined)
      }
      return false
    }
    default:
      return delivery satisfies never
  }
}

function writeHead(response: ServerResponse, { status, headers, body }: Message): void {
  response.writeHead(status, { ...headers, 'Content-Length': body.length })
}

async function finish(response: ServerResponse, body: Buffer): Promise<boolean> {
  const complete = written(response, body)
  response.end()
  return complete
}

/**
 * Whether the system accepted all bytes. Where the client has left, the response still counts as finished and the write
 * reports no error: only the socket knows.
 */
function written(response: ServerResponse, bytes: Buffer): Promise<boolean> {
  const { socket } = response
  if (socket === null || socket.destroyed) return Promise.resolve(false)
  return new Promise((resolve) => {
    response.write(bytes, () => resolve(!socket.destroyed))
  })
}

function reset(response: ServerResponse): false {
  response.socket?.resetAndDestroy()
  return false
}

async function untilGone(signal: AbortSignal): Promise<false> {
  if (!signal.aborted) await once(signal, 'abort')
  return false
}
