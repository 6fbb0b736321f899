export type { GeneratedImage, MediaSource } from './emit/generated-image.ts'
export {
  defineConfig,
  type ConfigFunction,
  type ConfigInput,
  type Mode,
  type Options,
  type RemoteSource,
  type RemoteStorage,
} from './options/options.ts'
export {
  ModelError,
  type ImageModel,
  type ImageModelCall,
  type ImageModelFacts,
  type ImageModelFile,
  type ImageModelLimits,
  type ImageModelResult,
  type ImagePrice,
  type PixelSize,
  type PricedPicture,
  type SizeRange,
} from './model/image-model.ts'
export { imageModel } from './model/declare-facts.ts'
export { minimax, type MinimaxOptions } from './model/minimax/minimax.ts'
export { ImagegenError, type ErrorCode, type Place, type Problem } from './shared/errors.ts'
export { imagegen, imagegen as default } from './plugin.ts'
