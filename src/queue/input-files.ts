import type { Redis } from 'ioredis'
import type { ReadFile } from '../generate/inputs.ts'
import { ImagegenError } from '../shared/errors.ts'
import { sha256 } from '../shared/hash.ts'
import { keyOf } from './names.ts'
import type { QueueSettings } from './settings.ts'

/** Seconds that a reference picture is kept for workers after a client last needed it. */
const KEPT = 7 * 24 * 60 * 60

/**
 * Passes reference pictures to workers, which have no checkout of the project. Each picture is stored once, by its
 * SHA-256.
 */
export async function handOver(
  redis: Redis,
  settings: QueueSettings,
  wanted: readonly string[],
  readFile: ReadFile,
): Promise<void> {
  for (const hash of new Set(wanted)) {
    const key = inputKey(settings, hash)
    if ((await redis.expire(key, KEPT)) === 1) continue
    await redis.set(key, Buffer.from(await readFile(hash)), 'EX', KEPT)
  }
}

/** Reads a picture that a client stored, and checks it, because any program may have written it. */
export function queuedFileReader(redis: Redis, settings: QueueSettings): ReadFile {
  return async (wanted) => {
    const bytes = await redis.getBuffer(inputKey(settings, wanted))
    if (bytes !== null && sha256(bytes) === wanted) return bytes
    throw new ImagegenError('unusable', {
      message: `A reference picture (sha256 ${wanted.slice(0, 8)}…) is ${bytes === null ? 'no longer in the queue' : 'damaged in the queue'}.`,
      hint: 'Run it again.',
    })
  }
}

function inputKey(settings: QueueSettings, hash: string): string {
  return keyOf(settings, 'input', hash)
}
