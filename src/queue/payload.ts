import * as v from 'valibot'
import type { OrderEvent } from '../generate/event.ts'
import { parseOrder, type Order } from '../generate/order.ts'
import type { SharedFailure } from '../store/locks/shared-failure.ts'
import { plainText } from '../shared/plain-text.ts'

/** Increased when the messages between clients and workers change their meaning. */
const VERSION = 1

/** A client's order for a worker. It contains no secret: workers have their own keys. */
export interface Payload {
  readonly version: typeof VERSION
  readonly order: Order
  readonly run: RunOfPayload
  /** How many windows of the rate limit the job has waited for. */
  readonly rateLimits: number
}

/** The id of the run whose budget pays for the job. */
export interface RunOfPayload {
  readonly id: string
  readonly limit: {
    /** `null`: no limit. */
    readonly images: number | null
    /** US dollars. */
    readonly usd: number | null
  }
}

/** A worker's result once the pictures are in the store. */
export interface JobResult {
  readonly wanted: number
  /** Warnings for the user on success. */
  readonly warnings: readonly string[]
  /** What the model said of settings that other images may have, too. */
  readonly said: readonly string[]
}

/** What a worker reports while it works, and at the end where the job failed. */
export type JobProgress =
  | { readonly kind: 'retried'; readonly code: string; readonly message: string }
  | { readonly kind: 'waiting' }
  | Extract<OrderEvent, { kind: 'rate-limited' | 'requested' | 'arrived' }>
  | FailedJob

/** A job that failed permanently. */
export interface FailedJob {
  readonly kind: 'failed'
  readonly failure: SharedFailure & { readonly isRetryable: boolean }
  readonly warnings: readonly string[]
  readonly said: readonly string[]
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

/** Parses a job that any program may have added to the queue. */
export function parsePayload(value: unknown): Payload | { readonly fault: string } {
  const result = v.safeParse(payloadSchema, value)
  if (!result.success) {
    const field = plainText(v.getDotPath(result.issues[0]) ?? 'form', 80)
    return { fault: `its ${field} is unknown to this version` }
  }
  const order = parseOrder(result.output.order)
  return 'fault' in order ? order : { ...result.output, order }
}

/** The most characters of a worker's message that are kept. */
export const LONGEST_TEXT = 2000

/** Another process wrote this text. It is reduced to one line without control characters for terminals. */
const messageSchema = v.pipe(
  v.string(),
  v.transform((text) => plainText(text, LONGEST_TEXT)),
)

/** Workers of an earlier version have no such list. */
const saidSchema = v.optional(v.array(messageSchema), [])

const resultSchema = v.object({
  wanted: v.number(),
  warnings: v.array(messageSchema),
  said: saidSchema,
})

export function parseResult(value: unknown): JobResult | undefined {
  const result = v.safeParse(resultSchema, value)
  return result.success ? result.output : undefined
}

const countSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const timeSchema = v.pipe(v.number(), v.finite())

const progressSchema = v.variant('kind', [
  v.object({ kind: v.literal('retried'), code: messageSchema, message: messageSchema }),
  v.object({ kind: v.literal('waiting') }),
  v.object({
    kind: v.literal('rate-limited'),
    until: timeSchema,
    requestsPerMinute: v.nullable(v.pipe(v.number(), v.finite(), v.minValue(0))),
  }),
  v.object({ kind: v.literal('requested'), pictures: countSchema, since: timeSchema }),
  v.object({ kind: v.literal('arrived'), pictures: countSchema, time: timeSchema }),
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
    said: saidSchema,
  }),
])

export function parseProgress(value: unknown): JobProgress | undefined {
  const result = v.safeParse(progressSchema, value)
  return result.success ? result.output : undefined
}
