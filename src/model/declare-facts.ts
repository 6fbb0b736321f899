import { isRecord } from '../shared/record.ts'
import type { ImageModel, ImageModelFacts, ImageModelLimits } from './image-model.ts'
import { flatProviderOptions } from './provider-options.ts'

/**
 * Declares what a model can do and what it costs, so that a plan knows the price and refuses what the model cannot draw
 * before anything is spent. The model is asked as before, and no key changes.
 *
 * Impossible facts are an error with code `config` when the config is read.
 */
export function imageModel(model: ImageModel, facts: ImageModelFacts): ImageModel {
  // The options report what is wrong: they know the name that the model has in the config.
  if (!isObject(model)) return model
  if (!isObject(facts)) return { ...delegating(model), declared: { facts, model } }
  const { price = model.price, requestsPerMinute = model.requestsPerMinute } = facts
  const limits = mergedLimits(model, facts)
  return {
    ...delegating(model),
    ...(price === undefined ? {} : { price }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(limits === undefined ? {} : { limits }),
    maxImagesPerCall: imagesPerCall(model, facts),
    ...(model.withAccount === undefined
      ? {}
      : { withAccount: (account) => imageModel(model.withAccount?.(account) ?? model, facts) }),
    declared: { facts, model },
  }
}

/** Configs are often plain JavaScript. */
function isObject(value: unknown): boolean {
  return isRecord(value)
}

/** An object that asks the model: models are often classes, whose members are not copied by spreading. */
export function delegating(model: ImageModel): ImageModel {
  const { account, credentials, keySource, limitsAreFixed, supportsFileInputs } = model
  return {
    specificationVersion: model.specificationVersion,
    provider: model.provider,
    modelId: model.modelId,
    maxImagesPerCall: imagesPerCall(model, {}),
    doGenerate: (call) => model.doGenerate(call),
    ...(account === undefined ? {} : { account }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(keySource === undefined ? {} : { keySource }),
    ...(model.secrets === undefined ? {} : { secrets: () => model.secrets?.() ?? [] }),
    ...(limitsAreFixed === undefined ? {} : { limitsAreFixed }),
    ...(supportsFileInputs === undefined ? {} : { supportsFileInputs }),
  }
}

function imagesPerCall(
  model: ImageModel,
  { maxImagesPerCall, limits }: ImageModelFacts,
): ImageModel['maxImagesPerCall'] {
  const declared = maxImagesPerCall ?? limits?.n
  if (declared !== undefined) return declared
  const { maxImagesPerCall: own } = model
  return typeof own === 'function' ? (options) => own.call(model, options) : own
}

function mergedLimits(
  { limits: own, provider }: ImageModel,
  { limits: declared, seed }: ImageModelFacts,
): ImageModelLimits | undefined {
  if (declared === undefined && seed === undefined) return own
  const check = declared?.providerOptions
  return {
    ...own,
    ...declared,
    ...(seed === undefined ? {} : { seed }),
    // What the model fills in by itself is in the keys of what is paid for; what is declared only checks.
    ...(check === undefined
      ? {}
      : {
          providerOptions: (options) => {
            const checked = own?.providerOptions?.(options) ?? { options: { ...options } }
            if ('issues' in checked) return checked
            const found = check(flatProviderOptions(options, provider))
            return 'issues' in found ? found : checked
          },
        }),
  }
}
