import * as v from 'valibot'
import { parseOrder, type Order } from '../generate/order.ts'
import type { SharedFailure } from '../store/locks/shared-failure.ts'
import { plainText } from '../shared/plain-text.ts'

/** Changes with the meaning of what clients and workers tell each other. */
const VERSION = 1

/** What a client asks a worker for. No secret is in it: workers have their own keys. */
export interface Payload {
  readonly version: typeof VERSION
  readonly order: Order
  readonly run: RunOfPayload
  /** Windows of the rate limit that have been sat out for it. */
  readonly rateLimits: number
}

/** On whose account it is spent. */
export interface RunOfPayload {
  readonly id: string
  readonly limit: {
    /** `null`: no limit. */
    readonly images: number | null
    /** US dollars. */
    readonly usd: number | null
  }
}

/** What a worker answers, where the pictures are in the store. */
export interface JobResult {
  readonly wanted: number
  /** What the user should know, although all went well. */
  readonly warnings: readonly string[]
}

/** What a worker leaves while it is at it, and at the end where it failed. */
export type JobProgress =
  | { readonly kind: 'retried'; readonly code: string; readonly message: string }
  | { readonly kind: 'waiting' }
  | FailedJob

/** A job that nobody tries again. */
export interface FailedJob {
  readonly kind: 'failed'
  readonly failure: SharedFailure & { readonly isRetryable: boolean }
  readonly warnings: readonly string[]
}

export function payloadOf(order: Order, run: RunOfPayload): Payload {
  return { version: VERSION, order, run, rateLimits: 0 }
}

const limitSchema = v.nullable(v.pipe(v.number(), v.minValue(0)))

const payloadSchema = v.object({
  version: v.literal(VERSION),
  order: v.unknown(),
  run: v.object({
    id: v.string(),
    limit: v.object({ images: limitSchema, usd: limitSchema }),
  }),
  rateLimits: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
})

/** Reads what anybody may have put into the queue. */
export function parsePayload(value: unknown): Payload | { readonly fault: string } {
  const result = v.safeParse(payloadSchema, value)
  if (!result.success) {
    const field = plainText(v.getDotPath(result.issues[0]) ?? 'form', 80)
    return { fault: `its ${field} is not what this version knows` }
  }
  const order = parseOrder(result.output.order)
  return 'fault' in order ? order : { ...result.output, order }
}

/** Characters of a worker's message that are kept. */
export const LONGEST_TEXT = 2000

/** Another process wrote it: it is shown as one line, without what a terminal obeys. */
const messageSchema = v.pipe(
  v.string(),
  v.transform((text) => plainText(text, LONGEST_TEXT)),
)

const resultSchema = v.object({ wanted: v.number(), warnings: v.array(messageSchema) })

export function parseResult(value: unknown): JobResult | undefined {
  const result = v.safeParse(resultSchema, value)
  return result.success ? result.output : undefined
}

const progressSchema = v.variant('kind', [
  v.object({ kind: v.literal('retried'), code: messageSchema, message: messageSchema }),
  v.object({ kind: v.literal('waiting') }),
  v.object({
    kind: v.literal('failed'),
    failure: v.object({
      code: messageSchema,
      message: messageSchema,
      hint: v.nullable(messageSchema),
      stopsRun: v.boolean(),
      isRetryable: v.boolean(),
    }),
    warnings: v.array(messageSchema),
  }),
])

export function parseProgress(value: unknown): JobProgress | undefined {
  const result = v.safeParse(progressSchema, value)
  return result.success ? result.output : undefined
}
