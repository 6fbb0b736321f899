import type { Redis } from 'ioredis'
import { keyOf } from '../names.ts'
import type { QueueSettings } from '../settings.ts'

/**
 * The keys whose pictures a store may have while the remote does not, because their worker was killed. The list is kept
 * on the queue's server under the store's place, for the next worker with that store.
 */
export interface Unsent {
  note(key: string): Promise<void>
  clear(key: string): Promise<void>
  all(): Promise<string[]>
}

/** @param place distinguishes this store's folder from those of all other machines. */
export function openUnsent(redis: Redis, settings: QueueSettings, place: string): Unsent {
  const set = keyOf(settings, 'unsent', place)
  return {
    note: async (key) => void (await redis.sadd(set, key)),
    clear: async (key) => void (await redis.srem(set, key)),
    all: async () => redis.smembers(set),
  }
}
