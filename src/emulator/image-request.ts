import type { PixelSize } from '../model/image-model.ts'
import { isRecord } from '../shared/record.ts'
import { RefusedError, invalidParams } from './refused.ts'

/** A body that the API accepts, with every default filled in. */
export interface ImageRequest extends PixelSize {
  readonly model: Model
  readonly prompt: string
  readonly n: number
  readonly seed: number | undefined
  readonly responseFormat: 'url' | 'base64'
  readonly promptOptimizer: boolean
  readonly watermark: boolean
  readonly style: { readonly type: string; readonly weight: number } | undefined
  /** The `image_file` of every subject reference: a URL or a data URL. */
  readonly references: readonly string[]
}

type Model = (typeof MODELS)[number]
type Fields = Readonly<Record<string, unknown>>

const MODELS = ['image-01', 'image-01-live'] as const

const SIZES: ReadonlyMap<unknown, readonly [number, number]> = new Map([
  ['1:1', [1024, 1024]],
  ['16:9', [1280, 720]],
  ['4:3', [1152, 864]],
  ['3:2', [1248, 832]],
  ['2:3', [832, 1248]],
  ['3:4', [864, 1152]],
  ['9:16', [720, 1280]],
  ['21:9', [1344, 576]],
])

const STYLES: readonly unknown[] = ['漫画', '元气', '中世纪', '水彩']
const PROMPT_LIMIT = 1500
/** The API's schema states no limit and its guide mentions one reference. This is a generous limit. */
const REFERENCE_LIMIT = 16

/**
 * Parses a body as the API does: unknown fields are ignored, `null` counts as omitted.
 *
 * @throws RefusedError
 */
export function readImageRequest(body: unknown): ImageRequest {
  if (!isRecord(body)) throw invalidParams('the body must be a JSON object')
  const model = readModel(body['model'])
  return {
    model,
    prompt: readPrompt(body['prompt']),
    ...readSize(body, model),
    n: readInteger(body, 'n', 1, 9) ?? 1,
    // JSON numbers lose the last digits of an int64; its limits are the nearest doubles.
    seed: readInteger(body, 'seed', -(2 ** 63), 2 ** 63),
    responseFormat: readResponseFormat(body['response_format']),
    promptOptimizer: readBoolean(body, 'prompt_optimizer'),
    watermark: readBoolean(body, 'aigc_watermark'),
    style: readStyle(body['style'], model),
    references: readReferences(body['subject_reference']),
  }
}

function readModel(value: unknown): Model {
  if (isAbsent(value) || value === '') throw invalidParams('model is required')
  const model = MODELS.find((known) => known === value)
  if (model === undefined) throw invalidParams(`unsupported model: ${show(value)}`)
  return model
}

function readPrompt(value: unknown): string {
  if (isAbsent(value)) throw invalidParams('prompt is required')
  if (typeof value !== 'string') throw invalidParams('prompt must be a string')
  if (value.trim() === '') throw invalidParams('prompt is required')
  const characters = Array.from(value)
  if (characters.length > PROMPT_LIMIT) {
    throw invalidParams(
      `prompt is too long: ${characters.length} characters, at most ${PROMPT_LIMIT}`,
    )
  }
  const invisible = characters.filter((character) => INVISIBLE.test(character)).length
  if (invisible > characters.length * 0.1) {
    throw new RefusedError(1042, 'invisible character ratio limit')
  }
  return value
}

/** Control and formatting characters, except line breaks, tabs and the joiners of emoji. */
const INVISIBLE = /^(?![\n\r\t\u200d])[\p{Cc}\p{Cf}\u115f\u1160\u3164\uffa0]$/u

function readSize(body: Fields, model: Model): PixelSize {
  const ratio = body['aspect_ratio']
  if (!isAbsent(ratio)) {
    const size = SIZES.get(ratio)
    if (size === undefined) throw invalidParams(`unsupported aspect_ratio: ${show(ratio)}`)
    if (ratio === '21:9') requireModel(model, 'image-01', 'aspect_ratio 21:9')
    return { width: size[0], height: size[1] }
  }
  const width = readSide(body, 'width')
  const height = readSide(body, 'height')
  if (width === undefined && height === undefined) return { width: 1024, height: 1024 }
  if (width === undefined || height === undefined) {
    throw invalidParams('width and height must be sent together')
  }
  requireModel(model, 'image-01', 'width and height')
  return { width, height }
}

function readSide(body: Fields, field: 'width' | 'height'): number | undefined {
  const side = readInteger(body, field, 512, 2048)
  if (side !== undefined && side % 8 !== 0) throw invalidParams(`${field} must be divisible by 8`)
  return side
}

function readResponseFormat(value: unknown): 'url' | 'base64' {
  if (isAbsent(value) || value === 'url') return 'url'
  if (value === 'base64') return 'base64'
  throw invalidParams('response_format must be url or base64')
}

function readStyle(value: unknown, model: Model): ImageRequest['style'] {
  if (isAbsent(value)) return undefined
  if (!isRecord(value)) throw invalidParams('style must be an object')
  requireModel(model, 'image-01-live', 'style')
  const type = value['style_type']
  if (typeof type !== 'string' || !STYLES.includes(type)) {
    throw invalidParams(`style_type must be one of ${STYLES.join(', ')}`)
  }
  const weight = value['style_weight'] ?? 0.8
  if (typeof weight !== 'number' || weight <= 0 || weight > 1) {
    throw invalidParams('style_weight must be in (0, 1]')
  }
  return { type, weight }
}

function readReferences(value: unknown): string[] {
  if (isAbsent(value)) return []
  if (!Array.isArray(value)) throw invalidParams('subject_reference must be an array')
  if (value.length > REFERENCE_LIMIT) {
    throw invalidParams(
      `subject_reference holds ${value.length} references, at most ${REFERENCE_LIMIT}`,
    )
  }
  return value.map((reference: unknown) => {
    if (!isRecord(reference)) throw invalidParams('subject_reference must hold objects')
    if (reference['type'] !== 'character') {
      throw invalidParams('subject_reference must be character')
    }
    const file = reference['image_file']
    if (typeof file !== 'string' || file === '') {
      throw invalidParams('subject_reference needs an image_file')
    }
    return file
  })
}

function readInteger(body: Fields, field: string, low: number, high: number): number | undefined {
  const value = body[field]
  if (isAbsent(value)) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw invalidParams(`${field} must be an integer`)
  }
  if (value < low || value > high) {
    throw invalidParams(`${field} must be between ${BigInt(low)} and ${BigInt(high)}`)
  }
  return value
}

function readBoolean(body: Fields, field: string): boolean {
  const value = body[field]
  if (isAbsent(value)) return false
  if (typeof value !== 'boolean') throw invalidParams(`${field} must be a boolean`)
  return value
}

function requireModel(model: Model, needed: Model, feature: string): void {
  if (model !== needed) throw invalidParams(`${feature} is only supported by ${needed}`)
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : typeof value
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}
