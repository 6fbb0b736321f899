import type { Redis } from 'ioredis'
import { keyOf } from '../names.ts'
import type { QueueSettings } from '../settings.ts'

/**
 * The keys whose pictures a store may hold while the remote does not: what a worker was at when it was ended. Kept on
 * the queue's server, by the place of the store, for the next worker there.
 */
export interface Unsent {
  note(key: string): Promise<void>
  clear(key: string): Promise<void>
  all(): Promise<string[]>
}

/** @param place tells this store's folder from that of every other machine. */
export function openUnsent(redis: Redis, settings: QueueSettings, place: string): Unsent {
  const set = keyOf(settings, 'unsent', place)
  return {
    note: async (key) => void (await redis.sadd(set, key)),
    clear: async (key) => void (await redis.srem(set, key)),
    all: async () => redis.smembers(set),
  }
}
