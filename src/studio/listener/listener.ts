import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import { errorCode } from '../../shared/files.ts'
import { accessOf, holdOrigin, holdToken, holdWriting, type AccessRules } from './access.ts'
import { sendJson, sendPage, sendPicture, sendRefusal } from './answers.ts'
import { readBody } from './body.ts'
import { ipVersion } from './host-header.ts'
import type { PageFile } from './page-file.ts'
import type { Pictures } from './pictures.ts'
import { refuse, RefusedError } from './refused.ts'
import type { Route, Routes } from './route.ts'

/** What the listener serves, and to whom. */
export interface ListenerOptions {
  readonly rules: AccessRules
  readonly page: PageFile
  /** The random path of the pictures. */
  readonly picturesPath: string
  readonly pictures: Pick<Pictures, 'read'>
  /** By path. */
  readonly routes: Routes
  /** Removes what must not leave the process. */
  readonly clean: (text: string) => string
  /** What a route threw, as a refusal. */
  readonly refusalOf: (error: unknown) => RefusedError
  /** 0: a free one. */
  readonly port: number
}

export interface Listener {
  readonly port: number
  /** Does not keep the process alive. */
  unref(): void
  /** Ends open connections too. */
  close(): Promise<void>
}

/** Milliseconds in which the head of a request has to be there. */
const HEAD_TIME = 10_000

/** Milliseconds in which a whole request has to be there: uploads come from this machine. */
const REQUEST_TIME = 60_000

const MOST_CONNECTIONS = 256

const WRITING: ReadonlySet<Route['kind']> = new Set<Route['kind']>(['write'])

/**
 * Serves the studio on an origin of its own.
 *
 * @throws ImagegenError with code `usage` if the address is not available.
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { rules, port } = options
  const server = createServer(
    { headersTimeout: HEAD_TIME, requestTimeout: REQUEST_TIME, connectionsCheckingInterval: 5000 },
    (request, response) => {
      // A reset connection is an ordinary end here; without a listener it would end the process.
      response.on('error', () => undefined)
      request.on('error', () => undefined)
      void handle(request, response, options)
    },
  )
  server.maxConnections = MOST_CONNECTIONS
  server.on('clientError', (_, socket) => {
    if (!socket.writable) socket.destroy()
    else socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  })
  server.listen(port, rules.host ?? '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    throw unavailable(rules.host ?? '127.0.0.1', port, error)
  }
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    unref: () => void server.unref(),
    async close() {
      const closed = server.listening ? once(server, 'close') : undefined
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Answers a request, whatever happens. */
async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: ListenerOptions,
): Promise<void> {
  try {
    await answer(request, response, options)
  } catch (error) {
    const refused = error instanceof RefusedError ? error : options.refusalOf(error)
    if (response.headersSent) response.destroy()
    else sendRefusal(response, refused, options.clean)
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { rules, page, picturesPath, pictures, routes, clean }: ListenerOptions,
): Promise<void> {
  const access = accessOf(request, rules)
  const { path, query } = targetOf(request)
  if (path === '/') {
    holdMethod(request, response, 'GET')
    sendPage(response, page)
    return
  }
  if (path.startsWith(`${picturesPath}/`)) {
    holdMethod(request, response, 'GET')
    holdOrigin(request, access.origin)
    const picture = await pictures.read(path.slice(picturesPath.length + 1))
    if (picture === undefined) throw refuse('not-found', 'There is no such picture.')
    sendPicture(response, picture)
    return
  }
  if (!path.startsWith('/api/')) throw refuse('not-found', 'There is nothing here.')
  holdToken(request, access, rules)
  const route = routes.get(path)
  if (route === undefined) throw refuse('not-found', 'There is nothing here.')
  holdMethod(request, response, WRITING.has(route.kind) ? 'POST' : 'GET')
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const question = { query, access, gone: gone.signal }
  switch (route.kind) {
    case 'read':
      sendJson(response, await route.answer(question), clean)
      break
    case 'write': {
      holdWriting(request, access, route.mediaType)
      const body = await readBody(request, route.limit)
      sendJson(response, await route.answer(body, question), clean)
      break
    }
    case 'stream':
      route.answer(response)
      break
    default:
      route satisfies never
  }
}

/** @throws RefusedError `malformed`. */
function targetOf({ url = '' }: IncomingMessage): {
  readonly path: string
  readonly query: URLSearchParams
} {
  const [path = '', ...rest] = url.split('?')
  // No escapes: the studio's own paths need none.
  if (!/^\/[\w./-]*$/.test(path) || path.startsWith('//') || path.includes('..')) {
    throw refuse('malformed', 'The address cannot be read.')
  }
  const text = rest.join('?')
  try {
    decodeURIComponent(text)
  } catch {
    throw refuse('malformed', 'The address cannot be read.')
  }
  return { path, query: new URLSearchParams(text) }
}

function holdMethod(
  { method }: IncomingMessage,
  response: ServerResponse,
  allowed: 'GET' | 'POST',
): void {
  if (method === allowed) return
  response.setHeader('allow', allowed)
  throw refuse('method', `Only ${allowed} is answered here.`)
}

function unavailable(host: string, port: number, cause: unknown): ImagegenError {
  const isInUse = errorCode(cause) === 'EADDRINUSE'
  const shown = ipVersion(host) === 6 ? `[${host}]` : host
  return new ImagegenError(
    'usage',
    {
      message: isInUse
        ? `Port ${port} of ${shown} is in use.`
        : `The studio cannot listen on ${shown}, port ${port}: ${messageOf(cause)}.`,
      hint: isInUse
        ? 'Choose another port, or omit `--port` to get a free one.'
        : 'Choose another `--host` or `--port`.',
    },
    { cause },
  )
}
