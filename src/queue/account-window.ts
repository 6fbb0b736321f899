import type { Redis } from 'ioredis'
import { sha256 } from '../shared/hash.ts'
import { keyOf } from './names.ts'
import type { QueueSettings } from './settings.ts'

/** Providers count by the minute, in milliseconds. */
const MINUTE = 60_000

/** The provider may count a request this much later than the window does on a busy machine, in milliseconds. */
const MARGIN = 1000

/** Limits the requests of an account across all workers, by the server's clock. */
export interface AccountWindow {
  /**
   * Takes a place if one is free. The caller must send its request at once.
   *
   * @returns milliseconds until a place may be free; 0 where one was taken.
   */
  take(): Promise<number>
  /** Stops every worker for this many milliseconds, a window at most. */
  pause(milliseconds: number): Promise<void>
  /** Stops every worker for the rest of the current window, after the provider refused a request. */
  pauseForWindow(): Promise<void>
}

/** Milliseconds by the server's clock, which all workers share. */
const NOW = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local span = tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - span)
`

/** KEYS: the times of sent requests, the end of the pause. ARGV: span, places. */
const TAKE = `${NOW}
local places = tonumber(ARGV[2])
local paused = redis.call('PTTL', KEYS[2])
local oldest = redis.call('ZRANGE', KEYS[1], -places, -places, 'WITHSCORES')
local free = oldest[2] and tonumber(oldest[2]) + span - now or 0
if paused > 0 or free > 0 then return math.max(paused, free, 1) end
redis.call('ZADD', KEYS[1], now, now .. '-' .. redis.call('INCR', KEYS[1] .. ':count'))
redis.call('PEXPIRE', KEYS[1], span)
redis.call('PEXPIRE', KEYS[1] .. ':count', span)
return 0
`

/** ARGV: span, milliseconds or an empty text for the rest of the window. */
const PAUSE = `${NOW}
local pause = tonumber(ARGV[2])
if not pause then
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  pause = (first[2] and tonumber(first[2]) or now) + span - now
end
pause = math.min(math.max(math.ceil(pause), 1), span)
if redis.call('PTTL', KEYS[2]) < pause then redis.call('SET', KEYS[2], 1, 'PX', pause) end
return pause
`

/**
 * A sliding window: no period of its length contains more requests than allowed, wherever the provider starts to count.
 * BullMQ's own limiter counts jobs instead of requests, and in fixed windows.
 *
 * @param account only its hash is written to the server.
 */
export function openAccountWindow(
  redis: Redis,
  settings: QueueSettings,
  account: string,
  requestsPerMinute: number,
): AccountWindow {
  const key = keyOf(settings, 'rate', sha256(account).slice(0, 16))
  const span = MINUTE + MARGIN
  const places = Math.max(1, Math.floor(requestsPerMinute))
  const run = async (script: string, argument: number | string): Promise<number> =>
    Number(await redis.eval(script, 2, key, `${key}:paused`, span, argument))
  return {
    take: () => run(TAKE, places),
    pause: async (milliseconds) => void (await run(PAUSE, milliseconds)),
    pauseForWindow: async () => void (await run(PAUSE, '')),
  }
}
