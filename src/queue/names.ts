import type { QueueSettings } from './settings.ts'

/** The model that processes a queue's jobs. */
export interface QueuedModel {
  readonly provider: string
  readonly modelId: string
}

/**
 * Each model has its own queue, so that a worker receives only jobs that it can process. The name is the one in the
 * recipe. A configuration's name for the model and its host do not matter.
 */
export function queueNameOf({ name }: QueueSettings, { provider, modelId }: QueuedModel): string {
  // BullMQ reserves colons, and two models must not share a name.
  return [name, provider, modelId].map(encodeURIComponent).join('/')
}

/** The Redis key for data that this project stores beside BullMQ's own. */
export function keyOf({ name }: QueueSettings, ...parts: readonly string[]): string {
  return ['imagegen', name, ...parts].join(':')
}
