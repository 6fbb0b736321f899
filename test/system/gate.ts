import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A way to a server that can be shut: what comes meanwhile waits, and goes on when it is opened. */
export interface Gate {
  readonly url: string
  open(): void
  shut(): void
  close(): Promise<void>
}

/** @param target where everything is passed on to, without a slash at its end. */
export async function startGate(target: string): Promise<Gate> {
  const events = new EventEmitter().setMaxListeners(0)
  let isShut = true
  const server = createServer((request, response) => {
    const pass = async (): Promise<void> => {
      const body = await buffer(request)
      if (isShut) await once(events, 'open')
      const { authorization = '', 'content-type': type = '' } = request.headers
      const answer = await fetch(`${target}${request.url}`, {
        method: 'POST',
        headers: { authorization, 'content-type': type },
        body,
      })
      response.writeHead(answer.status, { 'content-type': 'application/json' })
      response.end(Buffer.from(await answer.arrayBuffer()))
    }
    // Whoever asked sees a broken connection.
    pass().catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open() {
      isShut = false
      events.emit('open')
    },
    shut() {
      isShut = true
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
