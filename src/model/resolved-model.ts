import { ImagegenError, messageOf } from '../shared/errors.ts'
import { isRecord } from '../shared/record.ts'
import { clause } from '../shared/plain-text.ts'
import type { ImageModel, ImageModelLimits } from './image-model.ts'

/** A model with everything about it looked up once. */
export interface ResolvedModel {
  /** Its name in the option `models`; never part of a key. */
  readonly name: string
  readonly model: ImageModel
  /** What stands before the first dot of the model's `provider`. */
  readonly provider: string
  readonly modelId: string
  /** At least 1. */
  readonly maxImagesPerCall: number
  /** USD an image, where it is known. */
  readonly price: number | undefined
  readonly limits: ImageModelLimits
  /** Requests a minute, where it is known. */
  readonly requestsPerMinute: number | undefined
  /** Models of one account share one rate window. */
  readonly account: string
}

/**
 * Looks up what planning needs to know of a model, and checks that it is one: configs are often plain JavaScript.
 *
 * @throws ImagegenError with code `config`.
 */
export async function resolveModel(name: string, model: ImageModel): Promise<ResolvedModel> {
  const fault = faultOf(model)
  if (fault !== undefined) throw unusable(name, fault)
  const [provider = ''] = model.provider.split('.')
  return {
    name,
    model,
    provider,
    modelId: model.modelId,
    maxImagesPerCall: await maxImagesPerCall(name, model),
    price: model.price,
    limits: await limitsOf(model),
    requestsPerMinute: model.requestsPerMinute,
    account: model.account ?? provider,
  }
}

/** What is wrong with a value that should be an image model. */
function faultOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return `it is the text '${value}'. Give the model itself, such as openai.image('gpt-image-1').`
  }
  if (typeof value === 'function') {
    return `it is a function. Call it with the id of a model, such as openai.image('gpt-image-1').`
  }
  if (!isRecord(value)) return `it is ${value === null ? 'null' : typeof value}.`
  if (value instanceof Promise) return 'it is a promise. Write `await` before it.'

  const { specificationVersion: version, provider, modelId, maxImagesPerCall } = value
  if (typeof value['doGenerate'] !== 'function') return 'it has no function `doGenerate`.'
  if (version !== 'v2' && version !== 'v3' && version !== 'v4') {
    return `its specificationVersion is ${String(version)}; v2, v3 and v4 are taken.`
  }
  if (!('maxImagesPerCall' in value)) {
    return 'it has no `maxImagesPerCall`. Models for text and speech have none either: use `.image(…)` of the provider.'
  }
  if (typeof provider !== 'string' || !/^[^.]/.test(provider)) return 'its `provider` is no name.'
  if (typeof modelId !== 'string' || modelId === '') return 'its `modelId` is no name.'
  if (typeof maxImagesPerCall !== 'function' && !isCount(maxImagesPerCall ?? 1)) {
    return `its maxImagesPerCall is ${String(maxImagesPerCall)}, expected a whole number above 0.`
  }
  const { price, requestsPerMinute, limits, account } = value
  if (price !== undefined && !(typeof price === 'number' && price >= 0 && price < Infinity)) {
    return `its price is ${String(price)}, expected USD an image.`
  }
  if (requestsPerMinute !== undefined && !isPositive(requestsPerMinute)) {
    return `its requestsPerMinute is ${String(requestsPerMinute)}, expected a number above 0.`
  }
  if (limits !== undefined && !isRecord(limits)) return 'its `limits` are no object.'
  if (account !== undefined && typeof account !== 'string') return 'its `account` is no text.'
  return undefined
}

async function maxImagesPerCall(name: string, model: ImageModel): Promise<number> {
  const { modelId } = model
  let count: unknown
  try {
    count =
      typeof model.maxImagesPerCall === 'function'
        ? await model.maxImagesPerCall({ modelId })
        : model.maxImagesPerCall
  } catch (error) {
    throw unusable(name, `its maxImagesPerCall failed: ${clause(messageOf(error))}.`, error)
  }
  const known = count ?? model.limits?.n ?? 1
  if (isCount(known)) return known
  throw unusable(
    name,
    `its maxImagesPerCall gives ${String(known)}, expected a whole number above 0.`,
  )
}

/** Specification v2 has no field for reference pictures, so such a model takes none, whatever its service can do. */
async function limitsOf(model: ImageModel): Promise<ImageModelLimits> {
  const { limits = {}, specificationVersion } = model
  if (specificationVersion === 'v2') return { ...limits, references: false }
  if (limits.references !== undefined) return limits
  return (await model.supportsFileInputs) === false ? { ...limits, references: false } : limits
}

function isCount(value: unknown): value is number {
  return (Number.isInteger(value) && Number(value) > 0) || value === Infinity
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0
}

function unusable(name: string, fault: string, cause?: unknown): ImagegenError {
  return new ImagegenError(
    'config',
    {
      message: `models.${name} is not an image model: ${fault}`,
      hint: 'Give an image model: one of this package, or one of the AI SDK.',
    },
    { cause },
  )
}
