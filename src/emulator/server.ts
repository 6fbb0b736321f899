import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { availableParallelism } from 'node:os'
import PQueue from 'p-queue'
import { throwIfAborted } from '../shared/abort.ts'
import { ImagegenError } from '../shared/errors.ts'
import { errorCode } from '../shared/files.ts'
import { createFaultScript } from './fault-script.ts'
import { parseFaults } from './faults.ts'
import type { Fault } from './faults.ts'
import { createHostedFiles } from './hosted-files.ts'
import { createJournal } from './journal.ts'
import type { EmulatorStats, RecordedRequest, ServedImage } from './journal.ts'
import { resolveEmulatorOptions } from './options.ts'
import type { EmulatorOptions } from './options.ts'
import { drawPicture } from './picture.ts'
import { createRateWindow } from './rate-window.ts'
import { RefusedError } from './refused.ts'
import { createRoutes } from './routes.ts'
import type { Route } from './routes.ts'

/** A running emulator of MiniMax's image API. */
export interface Emulator extends AsyncDisposable {
  /** The API's host for clients, such as `http://127.0.0.1:40123`. */
  readonly url: string
  readonly port: number
  readonly stats: () => EmulatorStats
  /**
   * The last requests to the endpoint, oldest first, and requests to a picture's URL that contained a key: they should
   * contain none.
   */
  readonly requests: () => RecordedRequest[]
  /** Every picture in an answer that was written to its end, oldest first. */
  readonly served: () => ServedImage[]
  /**
   * Replaces the faults from the next request on; they count from 1.
   *
   * @throws ImagegenError with code `usage`
   */
  setFaults(faults: readonly Fault[]): void
  /** Resets counts, records and the rate window, but not the balance or requests in flight. */
  reset(): void
  /** Stops at once, with open connections. Can be called more than once. */
  close(): Promise<void>
}

/**
 * Starts a server on 127.0.0.1 that behaves as MiniMax's image API does, draws its pictures itself and costs nothing.
 *
 * The same request gets the same pictures. `GET /__emulator/stats`, `/__emulator/requests` and `/__emulator/served`
 * answer what `stats()`, `requests()` and `served()` return.
 *
 * @throws ImagegenError with code `usage` for invalid options and a port that is not available.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port, rpm, windowMs, latency, faults, apiKey, balance, now, signal } =
    resolveEmulatorOptions(options)
  if (signal !== undefined) throwIfAborted(signal)
  const journal = createJournal(now)
  const files = createHostedFiles(now)
  const rate = createRateWindow({ limit: rpm, length: windowMs, now })
  // More at once would not be faster, but would hold the raw pixels of all of them.
  const drawing = new PQueue({ concurrency: availableParallelism() })
  let script = createFaultScript(faults)
  let left = balance
  let url = ''
  const answer = createRoutes({
    journal,
    files,
    latency,
    account: {
      apiKey,
      rate,
      faults: { next: (request) => script.next(request) },
      charge(images) {
        if (images > left) throw new RefusedError(1008, 'insufficient balance')
        left -= images
      },
      draw: (picture) => drawing.add(() => drawPicture(picture)),
      publish: (bytes) => `${url}${files.publish(bytes)}`,
    },
  })
  const listener = await listen(answer, port)
  url = `http://127.0.0.1:${listener.port}`
  const closeSoon = (): void => void listener.close()
  const close = (): Promise<void> => {
    signal?.removeEventListener('abort', closeSoon)
    return listener.close()
  }
  signal?.addEventListener('abort', closeSoon)
  return {
    url,
    port: listener.port,
    stats: journal.stats,
    requests: journal.requests,
    served: journal.served,
    setFaults(next) {
      script = createFaultScript(parseFaults(next))
    },
    reset() {
      journal.reset()
      rate.reset()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function listen(
  answer: Route,
  port: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const running = new Set<Promise<void>>()
  const server = createServer((request, response) => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    // A reset connection is an ordinary end here; without a listener it would end the process.
    response.on('error', () => gone.abort())
    const run = answer(request, response, gone.signal).finally(() => running.delete(run))
    running.add(run)
  })
  // Clients keep idle connections longer than Node's 5 s and would then get a reset.
  server.keepAliveTimeout = 60_000
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    throw portError(port, error)
  }
  return {
    port: portOf(server),
    async close() {
      const closed = server.listening ? once(server, 'close') : undefined
      server.close()
      server.closeAllConnections()
      await Promise.all([closed, ...running])
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function portError(port: number, cause: unknown): ImagegenError {
  const reason = errorCode(cause) === 'EADDRINUSE' ? 'is in use' : 'is not available'
  return new ImagegenError(
    'usage',
    {
      message: `Port ${port} of 127.0.0.1 ${reason}.`,
      hint: 'Choose another port, or omit the port to get a free one.',
    },
    { cause },
  )
}
