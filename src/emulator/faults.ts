import * as v from 'valibot'
import { ImagegenError } from '../shared/errors.ts'
import type { Problem } from '../shared/errors.ts'

/** Something that goes wrong on purpose: which requests it strikes, and what happens to them. */
export type Fault = FaultSelection & FaultEffect

/** The name of what happens. */
export type FaultKind = Fault['kind']

/**
 * Which requests a fault strikes, of those that would be answered with pictures. All that is given must hold; where
 * nothing is given it strikes every one. Of several faults that strike, the first in the list acts.
 */
export interface FaultSelection {
  /** A part of the prompt, or a pattern; in a file a pattern is written `/sad.*robot/i`. */
  readonly match?: string | RegExp
  readonly model?: string
  /** Only the one with this number, from 1, of those that `match` and `model` leave. */
  readonly nth?: number
  /** Those with this number or a later one. */
  readonly from?: number
  /** At most so many. */
  readonly times?: number
  /** Each with this probability (0 to 1), by numbers drawn from `seed`. */
  readonly probability?: number
  /** @default 0 */
  readonly seed?: number
}

export type FaultEffect =
  /** A status code inside HTTP 200. */
  | { readonly kind: 'status'; readonly code: number; readonly message?: string }
  /** An HTTP status, with HTML unless `body` says otherwise; `retryAfter` is a number of seconds or an HTTP date. */
  | {
      readonly kind: 'http'
      readonly status: number
      readonly body?: string
      readonly retryAfter?: number | string
    }
  /** The connection is reset before the answer, or when half of it was sent. */
  | { readonly kind: 'reset'; readonly when?: 'before' | 'middle' }
  /** Nothing more is sent until the client gives up, from the beginning or from the middle of the answer on. */
  | { readonly kind: 'hang'; readonly when?: 'before' | 'middle' }
  /** The answer comes `milliseconds` later. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** The answer comes in pieces of `bytes` (default 4096), `interval` milliseconds apart (default 50). */
  | { readonly kind: 'drip'; readonly bytes?: number; readonly interval?: number }
  /** The JSON ends in the middle, in a complete HTTP answer. */
  | { readonly kind: 'truncated-json' }
  /** The base64 text of every picture holds characters that base64 does not have (base64 mode only). */
  | { readonly kind: 'broken-base64' }
  /** Bytes that are no picture. */
  | { readonly kind: 'not-an-image' }
  /** JPEGs that end in the middle. */
  | { readonly kind: 'truncated-image' }
  /** Pictures of this size; default: half of what was asked for, in the same aspect ratio. */
  | { readonly kind: 'wrong-size'; readonly width?: number; readonly height?: number }
  /** Pictures of another shape: upright for wide, wide for upright and square. */
  | { readonly kind: 'wrong-aspect-ratio' }
  /** A PNG of some 50 KB that decodes to 400 million pixels. */
  | { readonly kind: 'bomb' }
  /** An answer that never ends. */
  | { readonly kind: 'endless' }
  /** Sends the client elsewhere; default: 307 to a host that does not exist. */
  | { readonly kind: 'redirect'; readonly location?: string; readonly status?: number }
  /** Picture URLs that are not http(s), in either mode; default `file:///etc/passwd`. */
  | { readonly kind: 'unsafe-url'; readonly url?: string }
  /** So many of the pictures are refused (default 1). */
  | { readonly kind: 'partial'; readonly refused?: number }
  /** All pictures are refused: status 0 and an empty array. */
  | { readonly kind: 'empty' }
  /** The counts are numbers instead of strings. */
  | { readonly kind: 'integer-counts' }
  /** Good pictures in another format than JPEG; url mode still says `image/jpeg`. */
  | { readonly kind: 'mislabelled'; readonly format: 'png' | 'webp' }

/**
 * Checks a list of faults.
 *
 * @param place where a problem lies, if the faults come from a file, by the path inside them.
 * @throws ImagegenError with code `usage`, all problems at once.
 */
export function parseFaults(
  value: unknown,
  place: (path: readonly (string | number)[]) => Problem['place'] = () => undefined,
): Fault[] {
  const result = v.safeParse(FAULTS, value)
  if (result.success) return result.output
  const problems = result.issues.map((issue): Problem => {
    const path = (issue.path ?? []).map((part) => part.key as string | number)
    const message = `${['faults', ...path].join('.')}: ${issue.message}`
    const found = place(path)
    return found === undefined ? { message } : { message, place: found }
  })
  throw new ImagegenError('usage', problems)
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1))
const moment = v.exactOptional(v.picklist(['before', 'middle']))

const match = v.pipe(
  v.union([v.string(), v.instance(RegExp)]),
  v.rawTransform(({ dataset, addIssue, NEVER }): string | RegExp => {
    if (typeof dataset.value !== 'string') return dataset.value
    const written = /^\/(.+)\/([a-z]*)$/s.exec(dataset.value)
    if (written === null) return dataset.value
    try {
      return new RegExp(written[1] ?? '', written[2])
    } catch (error) {
      addIssue({ message: error instanceof Error ? error.message : String(error) })
      return NEVER
    }
  }),
)

const selection = {
  match: v.exactOptional(match),
  model: v.exactOptional(v.string()),
  nth: v.exactOptional(count),
  from: v.exactOptional(count),
  times: v.exactOptional(count),
  probability: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  seed: v.exactOptional(v.pipe(v.number(), v.integer())),
}

function effect<Kind extends string, Entries extends v.ObjectEntries>(
  kind: Kind,
  entries: Entries,
) {
  return v.strictObject({ kind: v.literal(kind), ...selection, ...entries })
}

const side = v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096)))
const milliseconds = v.pipe(v.number(), v.minValue(0), v.maxValue(2 ** 31 - 1))

const FAULTS: v.GenericSchema<unknown, Fault[]> = v.array(
  v.variant('kind', [
    effect('status', {
      code: v.pipe(v.number(), v.integer()),
      message: v.exactOptional(v.string()),
    }),
    effect('http', {
      status: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
      body: v.exactOptional(v.string()),
      retryAfter: v.exactOptional(v.union([v.number(), v.string()])),
    }),
    effect('reset', { when: moment }),
    effect('hang', { when: moment }),
    effect('delay', { milliseconds }),
    effect('drip', { bytes: v.exactOptional(count), interval: v.exactOptional(milliseconds) }),
    effect('truncated-json', {}),
    effect('broken-base64', {}),
    effect('not-an-image', {}),
    effect('truncated-image', {}),
    effect('wrong-size', { width: side, height: side }),
    effect('wrong-aspect-ratio', {}),
    effect('bomb', {}),
    effect('endless', {}),
    effect('redirect', {
      location: v.exactOptional(v.string()),
      status: v.exactOptional(v.picklist([301, 302, 303, 307, 308])),
    }),
    effect('unsafe-url', { url: v.exactOptional(v.string()) }),
    effect('partial', { refused: v.exactOptional(count) }),
    effect('empty', {}),
    effect('integer-counts', {}),
    effect('mislabelled', { format: v.picklist(['png', 'webp']) }),
  ]),
)
