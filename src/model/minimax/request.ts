import type { JsonValue } from '../../shared/hash.ts'
import { ModelError, type ImageModelCall, type ImageModelFile } from '../image-model.ts'
import type { MinimaxFacts } from './facts.ts'
import { checkProviderOptions, type MinimaxProviderOptions } from './provider-options.ts'

/** A call by this package or by the AI SDK, which may lack a prompt and may have a mask. */
export interface MinimaxCall extends Omit<ImageModelCall, 'prompt' | 'mask'> {
  prompt: string | undefined
  mask: ImageModelFile | undefined
}

/** In the form of specification v3. */
export type MinimaxWarning =
  | { type: 'unsupported'; feature: string; details: string }
  | { type: 'other'; message: string }

/** The body of a request, field by field as MiniMax documents it. */
export interface MinimaxRequest {
  model: string
  prompt: string
  response_format: 'base64'
  n: number
  prompt_optimizer: boolean
  aspect_ratio?: string
  width?: number
  height?: number
  seed?: number
  aigc_watermark?: true
  style?: { style_type: string; style_weight: number }
  subject_reference?: ReadonlyArray<{ type: string; image_file: string }>
}

/**
 * Builds the request for a call, with warnings about everything in the call that MiniMax does not support.
 *
 * @throws ModelError with code `invalid`: nothing was sent.
 */
export function buildRequest(
  modelId: string,
  facts: MinimaxFacts,
  call: MinimaxCall,
): { readonly request: MinimaxRequest; readonly warnings: MinimaxWarning[] } {
  const { prompt } = call
  if (prompt === undefined || prompt.trim() === '') throw invalid('MiniMax needs a prompt.')
  if (call.seed !== undefined && !Number.isSafeInteger(call.seed)) {
    throw invalid(`The seed ${call.seed} is not a safe integer.`)
  }
  const options = optionsOf(call, facts)
  const warnings: MinimaxWarning[] = []
  const request: MinimaxRequest = {
    model: modelId,
    prompt,
    response_format: 'base64',
    n: call.n,
    prompt_optimizer: options.promptOptimizer,
    ...dimensionsOf(modelId, facts, call, warnings),
  }
  if (call.seed !== undefined) request.seed = call.seed
  // Documented on the Chinese platform only, so it is sent only on demand.
  if (options.watermark) request.aigc_watermark = true
  if (options.style !== undefined) {
    request.style = { style_type: options.style.type, style_weight: options.style.weight }
  }
  if (call.files !== undefined && call.files.length > 0) {
    request.subject_reference = call.files.map((file) => ({
      type: referenceTypeOf(file),
      image_file: file.type === 'url' ? file.url : dataUrl(file),
    }))
  }
  if (call.mask !== undefined) {
    warnings.push({
      type: 'unsupported',
      feature: 'mask',
      details: 'MiniMax draws whole pictures only.',
    })
  }
  return { request, warnings }
}

function optionsOf(call: MinimaxCall, facts: MinimaxFacts): MinimaxProviderOptions {
  const check = checkProviderOptions(call.providerOptions['minimax'] ?? {}, facts.styles)
  if ('options' in check) return check.options
  const issues = check.issues.map(({ path, message }) =>
    [['providerOptions', 'minimax', ...path].join('.'), message].join(': '),
  )
  throw invalid(issues.join('; '))
}

function dimensionsOf(
  modelId: string,
  facts: MinimaxFacts,
  call: MinimaxCall,
  warnings: MinimaxWarning[],
): Pick<MinimaxRequest, 'aspect_ratio' | 'width' | 'height'> {
  const ignored = (details: string): void => {
    if (call.size !== undefined) warnings.push({ type: 'unsupported', feature: 'size', details })
  }
  if (call.aspectRatio !== undefined) {
    ignored('The aspect ratio wins where both are given.')
    return { aspect_ratio: call.aspectRatio }
  }
  if (call.size === undefined) return {}
  if (facts.limits.sizes === false) {
    ignored(`${modelId} takes aspect ratios only.`)
    return {}
  }
  const [, width, height] = /^(\d+)x(\d+)$/.exec(call.size) ?? []
  if (width === undefined || height === undefined) {
    throw invalid(`The size ${call.size} is not of the form 1280x720.`)
  }
  return { width: Number(width), height: Number(height) }
}

function referenceTypeOf(file: ImageModelFile): string {
  const type: JsonValue | undefined = file.providerOptions?.['minimax']?.['type']
  return typeof type === 'string' ? type : 'character'
}

function dataUrl(file: Extract<ImageModelFile, { type: 'file' }>): string {
  const base64 =
    typeof file.data === 'string' ? file.data : Buffer.from(file.data).toString('base64')
  return `data:${file.mediaType};base64,${base64}`
}

function invalid(message: string): ModelError {
  return new ModelError(message, { code: 'invalid', retry: 'never' })
}
