import type { Redis } from 'ioredis'
import {
  budgetUsedUp,
  unknownPrice,
  type Budget,
  type Purse,
  type Spending,
} from '../generate/budget.ts'
import { ImagegenError } from '../shared/errors.ts'
import { keyOf } from './names.ts'
import type { RunOfPayload } from './payload.ts'
import type { QueueSettings } from './settings.ts'

/** Seconds that a run's account is kept after its last use. */
const KEPT = 7 * 24 * 60 * 60

/**
 * KEYS: the account. ARGV: pictures, USD, the most pictures, the most USD (empty: no limit), seconds to keep it, pictures
 * of an unknown price.
 */
const SPEND = `
local account = redis.call('HMGET', KEYS[1], 'pictures', 'usd', 'failed')
local pictures = tonumber(account[1] or 0)
local usd = tonumber(account[2] or 0)
local mostPictures = tonumber(ARGV[3])
local mostUsd = tonumber(ARGV[4])
if mostPictures and pictures + ARGV[1] > mostPictures then return {0, pictures, tonumber(account[3] or 0)} end
-- Sums of prices such as 0.0035 are not exact.
if mostUsd and usd + ARGV[2] > mostUsd + 0.00005 then return {0, pictures, tonumber(account[3] or 0)} end
redis.call('HINCRBY', KEYS[1], 'requests', 1)
redis.call('HINCRBY', KEYS[1], 'pictures', ARGV[1])
redis.call('HINCRBYFLOAT', KEYS[1], 'usd', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'unpriced', ARGV[6])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return {1, pictures, 0}
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
  await redis
    .multi()
    .hset(key, { requests: 0, pictures, usd: usd ?? 0 })
    .expire(key, KEPT)
    .exec()
  const { images, usd: usdLimit = null } = budget.limit
  return { id, limit: { images: Number.isFinite(images) ? images : null, usd: usdLimit } }
}

/** What a run has spent so far, by its client and by all workers. */
export async function spentBy(
  redis: Redis,
  settings: QueueSettings,
  id: string,
): Promise<Spending> {
  const account = await redis.hgetall(accountKey(settings, id))
  const { requests, pictures, usd, unpriced } = account
  return {
    requests: Number(requests ?? 0),
    pictures: Number(pictures ?? 0),
    usd: Number(unpriced ?? 0) > 0 ? null : Number(usd ?? 0),
  }
}

/** The purse of the run that ordered a job. Its budget limits every worker, retries included. */
export function openPurse(redis: Redis, settings: QueueSettings, run: RunOfPayload): Purse {
  const key = accountKey(settings, run.id)
  const { images, usd: usdLimit } = run.limit
  return {
    async spend(pictures, usd, model) {
      const limit = { images: images ?? Infinity, usd: usdLimit ?? undefined }
      if (limit.usd !== undefined && usd === null) {
        throw new ImagegenError('budget', unknownPrice(limit, model))
      }
      const unpriced = usd === null ? pictures : 0
      const [isSpent, spentPictures, failed] = (await redis.eval(
        SPEND,
        1,
        key,
        pictures,
        usd ?? 0,
        images ?? '',
        usdLimit ?? '',
        KEPT,
        unpriced,
      )) as [number, number, number]
      if (isSpent === 0) throw budgetUsedUp(limit, { pictures: spentPictures, failed })
      return {
        async takeBack(why) {
          await redis
            .multi()
            .hincrby(key, 'requests', why === 'unsent' ? -1 : 0)
            .hincrby(key, 'pictures', -pictures)
            .hincrbyfloat(key, 'usd', -(usd ?? 0))
            .hincrby(key, 'unpriced', -unpriced)
            .exec()
        },
        async noteFailure() {
          await redis.hincrby(key, 'failed', pictures)
        },
      }
    },
  }
}

function accountKey(settings: QueueSettings, id: string): string {
  return keyOf(settings, 'run', id)
}
