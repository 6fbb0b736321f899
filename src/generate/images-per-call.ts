import { ModelError } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'

/** How many images one call asks a model for, as far as a run has found out. */
export interface ImagesPerCall {
  of(model: ResolvedModel): number
  /** The model refused several at once, and drew one. */
  lower(model: ResolvedModel): void
}

export function createImagesPerCall(): ImagesPerCall {
  const single = new Set<ResolvedModel>()
  return {
    of: (model) => (single.has(model) ? 1 : model.maxImagesPerCall),
    lower: (model) => void single.add(model),
  }
}

/** Whether a provider refused what a request asks for, unpaid: it may take fewer images at once than the model says. */
export function isRefusedRequest(error: unknown): boolean {
  return error instanceof ModelError && (error.code === 'http-400' || error.code === 'http-422')
}
