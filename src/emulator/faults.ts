import * as v from 'valibot'
import { ImagegenError } from '../shared/errors.ts'
import type { Problem } from '../shared/errors.ts'

/** A scripted fault: which requests it affects, and what happens to them. */
export type Fault = FaultSelection & FaultEffect

/** The kind of fault. */
export type FaultKind = Fault['kind']

/**
 * Selects the requests that a fault affects, among those that would be answered with pictures. All given conditions
 * must hold; without conditions it affects every request. If several faults match, the first in the list acts.
 */
export interface FaultSelection {
  /** A part of the prompt, or a pattern; in a file a pattern is written `/sad.*robot/i`. */
  readonly match?: string | RegExp
  readonly model?: string
  /** Only the request with this number, from 1, of those that `match` and `model` select. */
  readonly nth?: number
  /** Those with this number or a later one. */
  readonly from?: number
  /** At most this many. */
  readonly times?: number
  /** Each with this probability (0 to 1), by random numbers from `seed`. */
  readonly probability?: number
  /** @default 0 */
  readonly seed?: number
}

export type FaultEffect =
  /** A status code inside HTTP 200. */
  | { readonly kind: 'status'; readonly code: number; readonly message?: string }
  /** An HTTP status, with HTML unless `body` is given; `retryAfter` is a number of seconds or an HTTP date. */
  | {
      readonly kind: 'http'
      readonly status: number
      readonly body?: string
      readonly retryAfter?: number | string
    }
  /** The connection is reset before the answer, or after half of it. */
  | { readonly kind: 'reset'; readonly when?: 'before' | 'middle' }
  /** Nothing more is sent until the client gives up, from the start or from the middle of the answer. */
  | { readonly kind: 'hang'; readonly when?: 'before' | 'middle' }
  /** The answer arrives `milliseconds` later. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** The answer arrives in pieces of `bytes` (default 4096), `interval` milliseconds apart (default 50). */
  | { readonly kind: 'drip'; readonly bytes?: number; readonly interval?: number }
  /** The JSON ends in the middle, in a complete HTTP answer. */
  | { readonly kind: 'truncated-json' }
  /** The base64 text of every picture contains characters that base64 does not have (base64 mode only). */
  | { readonly kind: 'broken-base64' }
  /** Bytes that are not a picture. */
  | { readonly kind: 'not-an-image' }
  /** JPEGs that end in the middle. */
  | { readonly kind: 'truncated-image' }
  /** Pictures of this size; default: half of the requested size, in the same aspect ratio. */
  | { readonly kind: 'wrong-size'; readonly width?: number; readonly height?: number }
  /** Pictures of another shape: portrait for landscape, landscape for portrait and square. */
  | { readonly kind: 'wrong-aspect-ratio' }
  /** A PNG of some 50 KB that decodes to 400 million pixels. */
  | { readonly kind: 'bomb' }
  /** An answer that never ends. */
  | { readonly kind: 'endless' }
  /** Redirects the client; default: 307 to a host that does not exist. */
  | { readonly kind: 'redirect'; readonly location?: string; readonly status?: number }
  /** Picture URLs that are not http(s), in either mode; default `file:///etc/passwd`. */
  | { readonly kind: 'unsafe-url'; readonly url?: string }
  /** This many of the pictures are refused (default 1). */
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
 * @param place returns the place of a problem by its path, if the faults come from a file.
 * @throws ImagegenError with code `usage`, with all problems at once.
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
