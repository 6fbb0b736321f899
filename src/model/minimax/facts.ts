import type { ImageModelLimits, PixelSize } from '../image-model.ts'
import { flatProviderOptions } from '../provider-options.ts'
import { checkProviderOptions, type KnownStyles } from './provider-options.ts'

/** What is known about a model before a request. Facts that are not certain are left out and not checked. */
export interface MinimaxFacts {
  /** USD an image. */
  readonly price?: number
  readonly limits: ImageModelLimits
  readonly styles: KnownStyles
}

/** The rate limit of an account, free and paid alike. */
export const REQUESTS_PER_MINUTE = 10

const PRICE = 0.0035
const PROMPT_LENGTH = 1500
const IMAGES_PER_REQUEST = 9
const STYLES = ['漫画', '元气', '中世纪', '水彩']

const RATIOS = {
  '1:1': { width: 1024, height: 1024 },
  '16:9': { width: 1280, height: 720 },
  '4:3': { width: 1152, height: 864 },
  '3:2': { width: 1248, height: 832 },
  '2:3': { width: 832, height: 1248 },
  '3:4': { width: 864, height: 1152 },
  '9:16': { width: 720, height: 1280 },
} satisfies Record<string, PixelSize>

/**
 * The facts about a model of the endpoint `image_generation`. A model that this package does not know gets
 * only the limits of the request's form: refusing anything else is left to MiniMax.
 *
 * @see https://platform.minimax.io/docs/api-reference/image-generation-t2i
 */
export function factsOf(modelId: string): MinimaxFacts {
  switch (modelId) {
    case 'image-01':
      return documented('none', {
        aspectRatios: { ...RATIOS, '21:9': { width: 1344, height: 576 } },
        sizes: { min: 512, max: 2048, multipleOf: 8 },
      })
    case 'image-01-live':
      return documented(STYLES, { aspectRatios: RATIOS, sizes: false })
    default:
      return { styles: 'any', limits: commonLimits('any') }
  }
}

function documented(styles: KnownStyles, limits: ImageModelLimits): MinimaxFacts {
  return {
    price: PRICE,
    styles,
    limits: {
      ...commonLimits(styles),
      promptLength: PROMPT_LENGTH,
      n: IMAGES_PER_REQUEST,
      defaultAspectRatio: '1:1',
      ...limits,
    },
  }
}

function commonLimits(styles: KnownStyles): ImageModelLimits {
  return {
    references: { types: ['character'] },
    seed: true,
    providerOptions: (options) =>
      checkProviderOptions(flatProviderOptions(options, 'minimax'), styles),
  }
}
