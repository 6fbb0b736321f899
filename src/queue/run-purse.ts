import type { Redis } from 'ioredis'
import { budgetUsedUp, type Budget, type Purse, type Spending } from '../generate/budget.ts'
import { keyOf } from './names.ts'
import type { RunOfPayload } from './payload.ts'
import type { QueueSettings } from './settings.ts'

/** Seconds that a run's account is kept after its last use. */
const KEPT = 7 * 24 * 60 * 60

/** KEYS: the account. ARGV: pictures, USD, the most pictures, the most USD (empty: no limit), seconds to keep it. */
const SPEND = `
local account = redis.call('HMGET', KEYS[1], 'pictures', 'usd')
local pictures = tonumber(account[1] or 0)
local usd = tonumber(account[2] or 0)
local mostPictures = tonumber(ARGV[3])
local mostUsd = tonumber(ARGV[4])
if mostPictures and pictures + ARGV[1] > mostPictures then return {0, pictures} end
-- Sums of prices such as 0.0035 are not exact.
if mostUsd and usd + ARGV[2] > mostUsd + 0.00005 then return {0, pictures} end
redis.call('HINCRBY', KEYS[1], 'requests', 1)
redis.call('HINCRBY', KEYS[1], 'pictures', ARGV[1])
redis.call('HINCRBYFLOAT', KEYS[1], 'usd', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return {1, pictures}
`

/** Opens the account of a run with what its client has already spent. */
export async function openRun(
  redis: Redis,
  settings: QueueSettings,
  id: string,
  budget: Budget,
): Promise<RunOfPayload> {
  const { pictures, usd } = budget.spent()
  const key = accountKey(settings, id)
  await redis.multi().hset(key, { requests: 0, pictures, usd }).expire(key, KEPT).exec()
  const { images, usd: usdLimit = null } = budget.limit
  return { id, limit: { images: Number.isFinite(images) ? images : null, usd: usdLimit } }
}

/** What a run has spent so far, by its client and by all workers. */
export async function spentBy(
  redis: Redis,
  settings: QueueSettings,
  id: string,
): Promise<Spending> {
  const { requests, pictures, usd } = await redis.hgetall(accountKey(settings, id))
  return { requests: Number(requests ?? 0), pictures: Number(pictures ?? 0), usd: Number(usd ?? 0) }
}

/** The purse of the run that ordered a job. Its budget limits every worker, retries included. */
export function openPurse(redis: Redis, settings: QueueSettings, run: RunOfPayload): Purse {
  const key = accountKey(settings, run.id)
  const { images, usd: usdLimit } = run.limit
  return {
    async spend(pictures, usd) {
      const [isSpent, spentPictures] = (await redis.eval(
        SPEND,
        1,
        key,
        pictures,
        usd ?? 0,
        images ?? '',
        usdLimit ?? '',
        KEPT,
      )) as [number, number]
      if (isSpent === 0) {
        const limit = { images: images ?? Infinity, usd: usdLimit ?? undefined }
        throw budgetUsedUp(limit, spentPictures)
      }
      return async () => {
        await redis
          .multi()
          .hincrby(key, 'pictures', -pictures)
          .hincrbyfloat(key, 'usd', -(usd ?? 0))
          .exec()
      }
    },
  }
}

function accountKey(settings: QueueSettings, id: string): string {
  return keyOf(settings, 'run', id)
}
