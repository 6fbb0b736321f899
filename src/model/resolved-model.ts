import { ImagegenError, messageOf } from '../shared/errors.ts'
import { isRecord } from '../shared/record.ts'
import { clause } from '../shared/plain-text.ts'
import { factFaults, priceFault } from './fact-faults.ts'
import type { ImageModel, ImageModelLimits, ImagePrice } from './image-model.ts'

/** A model with its properties looked up once. */
export interface ResolvedModel {
  /** Its name in the option `models`; never part of a key. */
  readonly name: string
  readonly model: ImageModel
  /** The part of the model's `provider` before the first dot. */
  readonly provider: string
  readonly modelId: string
  /** At least 1. */
  readonly maxImagesPerCall: number
  /** USD an image, where it is known; a function throws ImagegenError with code `config` where it gives no price. */
  readonly price: number | ImagePrice | undefined
  /** Checked before anything is spent. */
  readonly limits: ImageModelLimits
  /** Where facts were declared for the model: its own limits. Only these fill in what enters keys. */
  readonly ownLimits?: ImageModelLimits | undefined
  /** Requests a minute, where it is known. */
  readonly requestsPerMinute: number | undefined
  /** Models of one account share one rate window. */
  readonly account: string
}

/**
 * Looks up what planning needs to know about a model, and checks that the value is a model: configs are often plain
 * JavaScript.
 *
 * @throws ImagegenError with code `config`.
 */
export async function resolveModel(name: string, model: ImageModel): Promise<ResolvedModel> {
  const own = await resolveDeclared(name, model)
  const fault = faultOf(model)
  if (fault !== undefined) throw unusable(name, fault)
  const [provider = ''] = model.provider.split('.')
  return {
    name,
    model,
    provider,
    modelId: model.modelId,
    maxImagesPerCall: await maxImagesPerCall(name, model),
    price: typeof model.price === 'function' ? checkedPrice(name, model.price) : model.price,
    limits: await limitsOf(model),
    ...(own === undefined ? {} : { ownLimits: own.ownLimits ?? own.limits }),
    requestsPerMinute: model.requestsPerMinute,
    account: model.account ?? provider,
  }
}

/**
 * The model for which facts were declared, once it and they are found to be right.
 *
 * @throws ImagegenError with code `config`, all that is wrong with the facts at once.
 */
async function resolveDeclared(
  name: string,
  model: ImageModel | undefined,
): Promise<ResolvedModel | undefined> {
  if (!isRecord(model) || model.declared === undefined) return undefined
  const { facts, model: own } = model.declared
  const faults = factFaults(facts)
  if (faults.length > 0) {
    throw new ImagegenError(
      'config',
      faults.map((message) => ({ message: `models.${name}: imageModel(): ${message}` })),
    )
  }
  return resolveModel(name, own)
}

function checkedPrice(name: string, price: ImagePrice): ImagePrice {
  return (picture) => {
    let usd: number | undefined
    const fault = priceFault(() => (usd = price(picture)))
    if (fault === undefined) return usd
    throw new ImagegenError('config', {
      message: `models.${name}: \`price\` of ${JSON.stringify(picture)}: ${fault}`,
      hint: 'Correct the function in the config. Nothing was asked for.',
    })
  }
}

/** What is wrong with a value that should be an image model. */
function faultOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return `it is the text '${value}'. Give the model itself, such as openai.image('gpt-image-2').`
  }
  if (typeof value === 'function') {
    return `it is a function. Call it with the id of a model, such as openai.image('gpt-image-2').`
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
  if (price !== undefined && typeof price !== 'function' && !isPrice(price)) {
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

function isPrice(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Infinity
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
