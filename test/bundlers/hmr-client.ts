import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { HotPayload, ViteDevServer } from 'vite'

/** What a page hears of Vite's dev server. */
export interface HmrClient {
  /** The next message that has not been taken yet and is of one of these types. */
  next(...types: ReadonlyArray<HotPayload['type']>): Promise<HotPayload>
  /** Waits for updates until something holds. */
  until(holds: () => Promise<boolean>): Promise<void>
  /** Messages that nobody has taken. */
  readonly left: readonly HotPayload[]
}

/** Connects to a server's web socket, as Vite's client does. */
export async function connectHmr(server: ViteDevServer): Promise<HmrClient> {
  const url = server.resolvedUrls!.local[0]!
  const script = await (await fetch(new URL(`${server.config.base}@vite/client`, url))).text()
  const token = /wsToken = "([^"]+)"/.exec(script)![1]!
  const { port } = new URL(url)
  const request = get({
    host: 'localhost',
    port,
    path: `${server.config.base}?token=${token}`,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': Buffer.from('0123456789abcdef').toString('base64'),
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'vite-hmr',
    },
  })
  const [, socket, head] = (await once(request, 'upgrade')) as [IncomingMessage, Socket, Buffer]
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)

  const left: HotPayload[] = []
  const waiting = new Set<() => void>()
  let rest = head
  const read = (): void => {
    for (let frame = takeFrame(rest); frame !== undefined; frame = takeFrame(rest)) {
      rest = frame.rest
      if (frame.text !== '') left.push(JSON.parse(frame.text) as HotPayload)
    }
    for (const wake of waiting) wake()
  }
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data])
    read()
  })
  read()

  const client: HmrClient = {
    left,
    async until(holds) {
      while (!(await holds())) await client.next('update', 'full-reload')
    },
    async next(...types) {
      for (;;) {
        const index = left.findIndex(({ type }) => types.includes(type))
        if (index >= 0) return left.splice(index, 1)[0]!
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
        })
      }
    },
  }
  await client.next('connected')
  return client
}

/** The first frame of a stream and what follows; of control frames no text. */
function takeFrame(bytes: Buffer): { text: string; rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes[1]! & 127
  const start = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < start) return undefined
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < start + length) return undefined
  const isText = (bytes[0]! & 15) === 1
  return {
    text: isText ? bytes.subarray(start, start + length).toString('utf8') : '',
    rest: bytes.subarray(start + length),
  }
}
