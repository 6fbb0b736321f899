import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { throwIfAborted, wait } from '../shared/abort.ts'
import { messageOf } from '../shared/errors.ts'
import { sha256 } from '../shared/hash.ts'
import { htmlMessage, notFoundMessage, reportMessage, textMessage } from './answers.ts'
import { type Message, deliver } from './delivery.ts'
import type { HostedFiles } from './hosted-files.ts'
import { type Account, generateImages } from './image-generation.ts'
import type { Journal } from './journal.ts'
import { hostProblem } from './loopback-host.ts'

/** The parts that answer requests. */
export interface Services {
  readonly account: Account
  readonly journal: Journal
  readonly files: HostedFiles
  /** Milliseconds that a request to the endpoint takes beyond the drawing. */
  readonly latency: number
}

/** Answers one request. `signal` aborts when the client has left. */
export type Route = (
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
) => Promise<void>

/** The endpoint, the pictures of url mode, the emulator's reports; 404 for everything else. */
export function createRoutes(services: Services): Route {
  const { journal, files } = services
  const generate = createEndpoint(services)
  const reports = new Map<string, () => unknown>([
    ['/__emulator/stats', journal.stats],
    ['/__emulator/requests', journal.requests],
    ['/__emulator/served', journal.served],
  ])
  return async (request, response, signal) => {
    const url = parseTarget(request)
    const asks = request.method === 'POST' && url.pathname === '/v1/image_generation'
    const problem = hostProblem(request, asks ? 'local' : 'loopback')
    if (problem !== undefined) {
      return send(response, textMessage(403, 'text/plain', problem), signal)
    }
    if (asks) return generate(request, response, signal)
    const reads = request.method === 'GET' || request.method === 'HEAD'
    if (reads && files.owns(url.pathname)) {
      if (request.headers.authorization !== undefined) journal.record(request, undefined)
      return send(response, files.find(url), signal)
    }
    const report = reads ? reports.get(url.pathname) : undefined
    return send(
      response,
      report === undefined ? notFoundMessage() : reportMessage(report()),
      signal,
    )
  }
}

/** A target that is not a URL (`//`) gets the same 404 as any unknown path. */
function parseTarget({ url = '/' }: IncomingMessage): URL {
  const base = 'http://127.0.0.1'
  return URL.canParse(url, base) ? new URL(url, base) : new URL(base)
}

function createEndpoint({ account, journal, latency }: Services): Route {
  let count = 0
  return async (request, response, signal) => {
    const entry = journal.open()
    try {
      const body = await readBody(request)
      if (body === undefined) {
        entry.answered('413')
        return await send(response, htmlMessage(413, 'Request Entity Too Large'), signal)
      }
      journal.record(request, body)
      count += 1
      const id = sha256(`${count}\n${body}`).slice(0, 32)
      const outcome = await generateImages({ id, headers: request.headers, body }, account, signal)
      const pause = latency + outcome.delay
      if (pause > 0) await wait(pause, signal)
      throwIfAborted(signal)
      entry.answered(outcome.status)
      if (await deliver(response, outcome.delivery, signal)) entry.delivered(outcome.images)
    } catch (error) {
      if (response.headersSent) return
      const left = signal.aborted || !request.complete
      entry.answered(left ? 'aborted' : '500')
      if (!left) await send(response, textMessage(500, 'text/plain', messageOf(error)), signal)
    } finally {
      entry.closed()
    }
  }
}

async function send(
  response: ServerResponse,
  message: Message,
  signal: AbortSignal,
): Promise<void> {
  await deliver(response, { how: 'whole', message }, signal)
}

/** Bytes: several references of 10 MB each in base64. */
const LIMIT = 128 * 1024 * 1024

/**
 * The body as text, `undefined` where it is larger than the emulator accepts. It is always read to its end: otherwise
 * the connection would be cut before the client has its answer.
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
