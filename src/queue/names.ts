import type { QueueSettings } from './settings.ts'

/** What a queue's jobs are made with. */
export interface QueuedModel {
  readonly provider: string
  readonly modelId: string
}

/**
 * A model has a queue of its own, so that a worker is handed nothing but what it can make. The name is the one that the
 * recipe has: what a configuration calls the model, and its host, are the worker's own business.
 */
export function queueNameOf({ name }: QueueSettings, { provider, modelId }: QueuedModel): string {
  // BullMQ keeps colons for itself, and no two models may meet in one name.
  return [name, provider, modelId].map(encodeURIComponent).join('/')
}

/** A key for what this project keeps beside BullMQ's own. */
export function keyOf({ name }: QueueSettings, ...parts: readonly string[]): string {
  return ['imagegen', name, ...parts].join(':')
}
