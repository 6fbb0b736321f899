import * as v from 'valibot'
import { ImagegenError } from '../shared/errors.ts'
import { parseFaults } from './faults.ts'
import type { Fault } from './faults.ts'

/** How the emulator behaves; all optional. */
export interface EmulatorOptions {
  /**
   * On 127.0.0.1.
   *
   * @default 0, a free one
   */
  readonly port?: number
  /**
   * Requests to the endpoint that are let through in any stretch of `windowMs`; 0 for no limit.
   *
   * @default 10, as the real API
   */
  readonly rpm?: number
  /** @default 60000 */
  readonly windowMs?: number
  /**
   * Milliseconds that every request to the endpoint takes beyond the drawing.
   *
   * @default 0
   */
  readonly latency?: number
  /** What goes wrong on purpose. */
  readonly faults?: readonly Fault[]
  /** The only key that is good. Without it every key is. */
  readonly apiKey?: string
  /** Images that the account can pay for; without it, any number. */
  readonly balance?: number
  /**
   * The clock of the rate window, of URLs that expire and of the records, in milliseconds since 1970.
   *
   * @default Date.now
   */
  readonly now?: () => number
  /** Closes the emulator. */
  readonly signal?: AbortSignal
}

export interface ResolvedEmulatorOptions {
  readonly port: number
  readonly rpm: number
  readonly windowMs: number
  readonly latency: number
  readonly faults: readonly Fault[]
  readonly apiKey: string | undefined
  /** Infinity where there is no limit. */
  readonly balance: number
  readonly now: () => number
  readonly signal: AbortSignal | undefined
}

/** @throws ImagegenError with code `usage` for values that make no sense. */
export function resolveEmulatorOptions(options: EmulatorOptions): ResolvedEmulatorOptions {
  const result = v.safeParse(NUMBERS, options)
  if (!result.success) {
    throw new ImagegenError(
      'usage',
      result.issues.map((issue) => ({
        message: `The emulator's option ${v.getDotPath(issue) ?? ''}: ${issue.message}`,
      })),
    )
  }
  return {
    port: options.port ?? 0,
    rpm: options.rpm ?? 10,
    windowMs: options.windowMs ?? 60_000,
    latency: options.latency ?? 0,
    faults: parseFaults(options.faults ?? []),
    apiKey: options.apiKey,
    balance: options.balance ?? Infinity,
    now: options.now ?? Date.now,
    signal: options.signal,
  }
}

const count = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)))
const milliseconds = v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2 ** 31 - 1)))

const NUMBERS = v.object({
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))),
  rpm: count,
  windowMs: milliseconds,
  latency: milliseconds,
  balance: count,
  apiKey: v.optional(v.pipe(v.string(), v.nonEmpty())),
})
