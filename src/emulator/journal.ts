import type { IncomingMessage } from 'node:http'
import { sha256 } from '../shared/hash.ts'

/** The answer of `GET /__emulator/stats`. */
export interface EmulatorStats {
  /** POSTs to the endpoint. */
  readonly requests: number
  /** Pictures in answers that were written to their end, usable or not. */
  readonly images: number
  /**
   * Answers by `base_resp.status_code`. Answers without one count by their HTTP status (`502`), or by their end:
   * `reset`, `hang`, `endless`, and `aborted` where the client left before there was an answer.
   */
  readonly byStatus: Readonly<Record<string, number>>
  /** Requests between their headers and the end of their answer. */
  readonly inFlight: number
  readonly maxInFlight: number
}

/** A received request, without its secrets. */
export interface RecordedRequest {
  /** Milliseconds since 1970 by the emulator's clock. */
  readonly time: number
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** By lower-case name; of `authorization` and `cookie` only the scheme is kept. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed body, or its text where it is not JSON. Long texts are replaced by their length and sha256. */
  readonly body: unknown
}

/** A picture in an answer that was written to its end. */
export interface ServedImage {
  /** Of the bytes as they were served. */
  readonly sha256: string
  readonly prompt: string
  /** Milliseconds since 1970 by the emulator's clock. */
  readonly time: number
  /** The fault that shaped the answer, if any. */
  readonly fault?: string
  /** Whether a client can read a picture of the right shape from the answer. */
  readonly usable: boolean
}

/** One request to the endpoint while it lasts. */
export interface JournalEntry {
  /** Call as soon as the outcome of the answer is known. */
  answered(status: string): void
  /** Call once the answer was written to its end. */
  delivered(images: readonly Omit<ServedImage, 'time'>[]): void
  /** Call when the connection has ended, in any way. */
  closed(): void
}

export interface Journal {
  readonly open: () => JournalEntry
  readonly record: (request: IncomingMessage, body: string | undefined) => void
  readonly stats: () => EmulatorStats
  readonly requests: () => RecordedRequest[]
  readonly served: () => ServedImage[]
  /** Forgets everything except requests in flight. */
  readonly reset: () => void
}

const REQUESTS_KEPT = 10_000
const IMAGES_KEPT = 100_000
/** Characters. Prompts are kept whole, pictures are not. */
const TEXT_KEPT = 2_000
const BODY_KEPT = 20_000
const DEPTH_KEPT = 8

/** Counts and records requests in bounded memory. */
export function createJournal(now: () => number): Journal {
  let requests = 0
  let images = 0
  let inFlight = 0
  let maxInFlight = 0
  let byStatus = new Map<string, number>()
  let recorded: RecordedRequest[] = []
  let served: ServedImage[] = []

  return {
    open() {
      requests += 1
      inFlight += 1
      maxInFlight = Math.max(maxInFlight, inFlight)
      return {
        answered(status) {
          byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
        },
        delivered(delivered) {
          images += delivered.length
          served.push(...delivered.map((image) => ({ ...image, time: now() })))
          if (served.length > IMAGES_KEPT) served = served.slice(-IMAGES_KEPT)
        },
        closed() {
          inFlight -= 1
        },
      }
    },
    record(request, body) {
      recorded.push({
        time: now(),
        method: request.method ?? '',
        path: request.url ?? '',
        headers: maskHeaders(request),
        body: body === undefined ? null : boundBody(body),
      })
      if (recorded.length > REQUESTS_KEPT) recorded = recorded.slice(-REQUESTS_KEPT)
    },
    stats: () => ({
      requests,
      images,
      byStatus: Object.fromEntries(byStatus),
      inFlight,
      maxInFlight,
    }),
    requests: () => [...recorded],
    served: () => [...served],
    reset() {
      requests = 0
      images = 0
      maxInFlight = inFlight
      byStatus = new Map()
      recorded = []
      served = []
    },
  }
}

function maskHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => {
      const text = Array.isArray(value) ? value.join(', ') : (value ?? '')
      return [
        name,
        SECRET_HEADERS.has(name) ? text.replace(/^(Bearer |Basic )?.*$/is, '$1***') : text,
      ]
    }),
  )
}

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
])

function boundBody(text: string): unknown {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return boundText(text)
  }
  const bounded = bound(body, DEPTH_KEPT)
  return JSON.stringify(bounded).length > BODY_KEPT ? describe(text) : bounded
}

function bound(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return boundText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '<nested too deeply>'
  if (Array.isArray(value)) return value.map((member) => bound(member, depth - 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [boundText(name), bound(member, depth - 1)]),
  )
}

function boundText(text: string): string {
  return text.length > TEXT_KEPT ? `${text.slice(0, 40)}… ${describe(text)}` : text
}

function describe(text: string): string {
  return `<${text.length} characters, sha256 ${sha256(text)}>`
}
