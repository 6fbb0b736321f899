import type { ImageModelCall, ImageModelResult } from '../model/image-model.ts'
import { sentProviderOptions } from '../model/provider-options.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import { expectedPicture } from '../plan/expected-picture.ts'
import { priceOfOne } from '../plan/price.ts'
import { sentShape } from '../plan/sent-shape.ts'
import { sha256, type JsonValue } from '../shared/hash.ts'
import { isRecord } from '../shared/record.ts'
import type { PendingResponse } from '../store/arrive/pending.ts'
import type { Inputs } from './inputs.ts'
import type { Order } from './order.ts'

/** Derived seeds fit into 31 bits: every provider's seed takes them. */
const SEED_RANGE = 2 ** 31

/**
 * The seed of a request: the one that is written, or one derived from the key, plus the number of candidates that are
 * there. So a lost original is asked for with the seed it had, and a later request cannot repeat an earlier one.
 */
export function seedOf(
  { key, recipe }: Order,
  model: ResolvedModel,
  candidatesThere: number,
): number | undefined {
  if (recipe.seed !== undefined) return recipe.seed + candidatesThere
  if (model.limits.seed !== true) return undefined
  const derived = Number.parseInt(sha256(`seed ${key}`).slice(0, 12), 16)
  return (derived + candidatesThere) % SEED_RANGE
}

/** What some pictures of an order cost, in USD; null if the price is unknown. */
export function priceOf({ recipe }: Order, model: ResolvedModel, pictures: number): number | null {
  const price = priceOfOne(recipe, model)
  return price === null ? null : price * pictures
}

/** The model's call for some more candidates of an order. */
export function callOf(
  { recipe }: Order,
  model: ResolvedModel,
  pictures: number,
  seed: number | undefined,
  { files }: Inputs,
  signal: AbortSignal,
): ImageModelCall {
  return {
    prompt: recipe.prompt,
    n: pictures,
    ...sentShape(recipe, model.limits),
    seed,
    files: files.length === 0 ? undefined : files,
    mask: undefined,
    providerOptions: sentProviderOptions(recipe.providerOptions ?? {}, model.model.provider),
    abortSignal: signal,
  }
}

/** A model's answer in the form in which it is made durable. */
export function responseOf(
  { key, recipe, name, id: entry }: Order,
  model: ResolvedModel,
  pictures: number,
  seed: number | undefined,
  { inputs }: Inputs,
  result: ImageModelResult,
): PendingResponse {
  const metadata = plain(result.providerMetadata ?? {})
  const own = metadata[model.provider]
  const id = isRecord(own) ? own['id'] : undefined
  return {
    version: 1,
    key,
    recipe: plain(recipe),
    name,
    entry,
    requested: pictures,
    seed: seed ?? null,
    inputs,
    provider: model.provider,
    model: model.modelId,
    responseId: typeof id === 'string' ? id : null,
    usd: priceOfOne(recipe, model),
    time: new Date().toISOString(),
    images: result.images.map((image) =>
      typeof image === 'string' ? image : Buffer.from(image).toString('base64'),
    ),
    expected: expectedPicture(recipe, model),
    warnings: Object.values(plain({ ...result.warnings })).flatMap((warning) =>
      warning === undefined ? [] : [warning],
    ),
    metadata,
  }
}

/** What JSON keeps of a value. */
function plain(value: object): Record<string, JsonValue> {
  const text = JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? member.toString() : member,
  )
  return JSON.parse(text) as Record<string, JsonValue>
}
