import type { JsonValue } from '../shared/hash.ts'
import { sentence } from '../shared/plain-text.ts'

/**
 * An image model in the shape of the AI SDK (specification v2, v3 or v4), declared structurally so that the SDK is no
 * dependency, with the optional fields that planning and spending need.
 *
 * @see https://ai-sdk.dev/providers/community-providers/custom-providers
 */
export interface ImageModel {
  readonly specificationVersion: 'v2' | 'v3' | 'v4'
  /** `openai.image`, …: the part before the first dot enters the recipe. */
  readonly provider: string
  readonly modelId: string
  /** The most images that one call may ask for; `undefined` is taken as 1. */
  readonly maxImagesPerCall:
    | number
    | undefined
    | ((options: { modelId: string }) => PromiseLike<number | undefined> | number | undefined)
  doGenerate(call: ImageModelCall): PromiseLike<ImageModelResult>
  /** USD an image. */
  readonly price?: number | ImagePrice
  readonly limits?: ImageModelLimits
  /** Requests a minute that the account may send. */
  readonly requestsPerMinute?: number
  /** What shares one rate window, such as provider and host; `provider` where it is left out. */
  readonly account?: string
  /** `missing`: a call would fail because there is no API key. Left out: only the call tells. */
  readonly credentials?: 'given' | 'missing'
  /** The credentials that it sends. They must never be printed. */
  secrets?(): readonly string[]
  /** Where the API key comes from; shown when it is missing. */
  readonly keySource?: KeySource
  /**
   * `true`: every picture that the model ever drew has the pixels that its own `limits` name, so a receipt of other pixels is
   * forged. Left out: the limits may have been declared after pictures were paid for.
   */
  readonly limitsAreFixed?: true
  /** The same model with an account's key and host, as far as it has none of its own. */
  withAccount?(account: ModelAccount): ImageModel
  /** What `imageModel` declared, and of which model; checked when the config is read. */
  readonly declared?: { readonly facts: ImageModelFacts; readonly model: ImageModel }
  /** Specification v4: whether reference pictures can be sent at all; `undefined`: not known. */
  readonly supportsFileInputs?: boolean | PromiseLike<boolean | undefined> | undefined
}

/** Where a user gets an API key, and where it is set. */
export interface KeySource {
  /** The environment variable: `ACME_API_KEY`. */
  readonly variable: string
  /** The page of the provider that issues keys. */
  readonly page: string
  /** The AI SDK looks for the variable, in the environment only: a file has to be handed over by the config. */
  readonly isReadBySdk?: boolean
}

/** USD for one image; `undefined`: not known for this one. */
export type ImagePrice = (picture: PricedPicture) => number | undefined

/** What the price of an image depends on. */
export interface PricedPicture {
  /** The pixels that it will have: `1536x1024`; `undefined`: not known. */
  readonly size: `${number}x${number}` | undefined
  /** How many reference pictures are sent. */
  readonly references: number
}

/**
 * What is known about a model, for `imageModel`. Every fact is optional, and none enters a key: declaring one never makes
 * an image missing.
 */
export interface ImageModelFacts {
  /** USD an image: a number, or a function of its size and references. */
  readonly price?: number | ImagePrice | undefined
  /** Requests a minute that the account may send. */
  readonly requestsPerMinute?: number | undefined
  /** Checked before anything is spent, field by field instead of the model's own. */
  readonly limits?: ImageModelLimits | undefined
  /** Whether the model takes a seed; the same as `limits.seed`. */
  readonly seed?: boolean | undefined
  /** The most images that one call may ask for. */
  readonly maxImagesPerCall?: number | undefined
}

/** The account that pays for requests. */
export interface ModelAccount {
  readonly apiKey?: string | undefined
  /** Scheme and host. */
  readonly host?: string | undefined
}

/** What a model accepts, checked before anything is spent. Limits that are left out are not checked. */
export interface ImageModelLimits {
  /** Characters (Unicode code points). */
  readonly promptLength?: number
  /** Aspect ratio → the pixels it comes out with. */
  readonly aspectRatios?: Readonly<Record<string, PixelSize>>
  /** What the model draws where neither ratio nor size is asked for; filled in before hashing. */
  readonly defaultAspectRatio?: string
  /**
   * The sizes it draws, as a list, or any size between two bounds, in pixels; `false`: the model takes aspect ratios only.
   * Of a list, a ratio that `aspectRatios` lacks is sent as the first size that has it within 1 %.
   */
  readonly sizes?: false | ReadonlyArray<`${number}x${number}`> | SizeRange
  /**
   * The types of reference it knows, the first is the default; left out: any. `max` of them a request. `false`: none at
   * all.
   */
  readonly references?: false | { readonly types?: readonly string[]; readonly max?: number }
  /** Images a request. */
  readonly n?: number
  /**
   * Whether it takes a seed: where none is written, one is derived and sent only to a model that says `true`. A written
   * one is an error where it says `false`.
   */
  readonly seed?: boolean
  /** Checks `providerOptions` and fills in their defaults. */
  readonly providerOptions?: (options: Readonly<Record<string, JsonValue>>) => ProviderOptionsCheck
}

/** Width and height of which both lie from `min` to `max` pixels and are divisible by `multipleOf`. */
export interface SizeRange {
  readonly min: number
  readonly max: number
  readonly multipleOf: number
}

/** The options with every default filled in, or what is wrong with them. */
export type ProviderOptionsCheck =
  | { readonly options: Record<string, JsonValue> }
  | {
      readonly issues: ReadonlyArray<{
        /** Where inside the options: `['style', 'weight']`. */
        readonly path: readonly string[]
        /** What was expected, with the nearest known name where a name is misspelt. */
        readonly message: string
      }>
    }

export interface PixelSize {
  /** Pixels. */
  readonly width: number
  /** Pixels. */
  readonly height: number
}

export interface ImageModelCall {
  prompt: string
  n: number
  size: `${number}x${number}` | undefined
  aspectRatio: `${number}:${number}` | undefined
  seed: number | undefined
  files: ImageModelFile[] | undefined
  mask: undefined
  /** Keyed by the provider's name: `{ openai: { quality: 'low' } }`. */
  providerOptions: Record<string, Record<string, JsonValue>>
  abortSignal?: AbortSignal
  headers?: Record<string, string | undefined>
}

/** A reference picture. `providerOptions.<provider>.type` is the manifest's `type`, such as `character`. */
export type ImageModelFile =
  | {
      type: 'file'
      mediaType: string
      data: string | Uint8Array
      providerOptions?: Record<string, Record<string, JsonValue>>
    }
  | { type: 'url'; url: string; providerOptions?: Record<string, Record<string, JsonValue>> }

export interface ImageModelResult {
  /** Base64 text without a `data:` prefix, or bytes. */
  images: string[] | Uint8Array[]
  /** `{ type: 'unsupported', feature, details }`, `{ type: 'other', message }`, … by specification version. */
  warnings: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** What was paid for and is not among the images, such as addresses that did not answer: it is kept. */
  leftOver?: { readonly reason: string; readonly body: string }
  /** Keyed by the provider's name; `id` in it, where there is one, is recorded as the response's id. */
  providerMetadata?: Record<string, unknown>
  response: { timestamp: Date; modelId: string; headers: Record<string, string> | undefined }
}

/** How to go on after a failed call. */
export type RetryAdvice =
  /** Nothing changes by asking again. */
  | 'never'
  /** Try again after a pause. */
  | 'backoff'
  /** The account's rate was passed: slow the whole run for the rest of the window, then try again. */
  | 'rate-limit'

/** The one error that models of this project throw; its `isRetryable` is the AI SDK's own field. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  /**
   * The provider's code as text (`1026`), or one of `credentials`, `invalid` (refused before it was sent), `network`,
   * `timeout`, `aborted`, `http-502`, `malformed`, `empty`, `download`.
   */
  readonly code: string
  readonly retry: RetryAdvice
  /** Nothing else can succeed either (no balance, wrong key): the run ends here. */
  readonly stopsRun: boolean
  /** Whether the provider may have charged for the attempt all the same. */
  readonly maybeBilled: boolean
  /** From a Retry-After header, in milliseconds. */
  readonly retryAfter: number | undefined
  /** The answer as it arrived, where something paid may be in it: to be kept, not shown. */
  readonly responseBody: string | undefined
  readonly isRetryable: boolean

  constructor(
    message: string,
    options: {
      readonly code: string
      readonly retry: RetryAdvice
      readonly stopsRun?: boolean
      readonly maybeBilled?: boolean
      readonly retryAfter?: number | undefined
      readonly responseBody?: string | undefined
      readonly cause?: unknown
    },
  ) {
    // A provider's words: they must not bring lines of their own.
    super(sentence(message), { cause: options.cause })
    this.code = options.code
    this.retry = options.retry
    this.stopsRun = options.stopsRun ?? false
    this.maybeBilled = options.maybeBilled ?? false
    this.retryAfter = options.retryAfter
    this.responseBody = options.responseBody
    this.isRetryable = options.retry !== 'never'
  }
}
