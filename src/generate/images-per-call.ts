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

/** Codes of a refusal of what a request asks for, by the provider or by the model before it is sent. */
const REFUSALS: ReadonlySet<string> = new Set(['http-400', 'http-422', 'invalid'])

/** Whether what a request asks for was refused, unpaid: the model may take fewer images at once than it says. */
export function isRefusedRequest(error: unknown): boolean {
  return error instanceof ModelError && REFUSALS.has(error.code) && !error.maybeBilled
}
