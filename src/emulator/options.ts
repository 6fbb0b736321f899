import * as v from 'valibot'
import { ImagegenError } from '../shared/errors.ts'
import { parseFaults } from './faults.ts'
import type { Fault } from './faults.ts'

/** The emulator's options, all optional. */
export interface EmulatorOptions {
  /**
   * The port on 127.0.0.1.
   *
   * @default 0, a free one
   */
  readonly port?: number
  /**
   * Requests to the endpoint that are accepted in any period of `windowMs`; 0 for no limit.
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
  /** The scripted faults. */
  readonly faults?: readonly Fault[]
  /** The only accepted key. Without it every key is accepted. */
  readonly apiKey?: string
  /** Images that the account can pay for; without it, any number. */
  readonly balance?: number
  /**
   * The clock of the rate window, of expiring URLs and of the records, in milliseconds since 1970.
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

/** @throws ImagegenError with code `usage` for invalid values. */
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
