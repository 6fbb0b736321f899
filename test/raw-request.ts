import { once } from 'node:events'
import { connect } from 'node:net'

/** A request as text, as no browser and no `fetch` would send it. */
export function rawRequest(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): string {
  const lines = Object.entries({ connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  return `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}

/**
 * What a text is answered with by the server on a port of 127.0.0.1.
 *
 * @param then whether the client waits for the end, or ends its side after sending.
 */
export async function askRaw(
  port: number,
  text: string,
  then: 'wait' | 'leave' = 'wait',
): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  let answer = ''
  socket.setEncoding('utf8').on('data', (part: string) => (answer += part))
  // A reset is an answer, too.
  socket.on('error', () => undefined)
  if (then === 'leave') socket.end(text)
  else socket.write(text)
  await once(socket, 'close')
  return answer
}

/** The status of a raw answer; 0: there was none. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)
}
