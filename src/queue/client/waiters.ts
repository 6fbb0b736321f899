import type { Redis } from 'ioredis'
import { keyOf } from '../names.ts'
import type { QueueSettings } from '../settings.ts'

/** Milliseconds without a sign of life after which a run counts as gone. */
const SILENCE = 60_000

/** Seconds after which nobody remembers who waited for a job. */
const KEPT = 7 * 24 * 60 * 60

/** Who waits for which job: one that nobody waits for any more may be taken out of the queue. */
export interface Waiters {
  /** From now on this run waits for a job. */
  join(job: string): Promise<void>
  /**
   * This run waits no more.
   *
   * @returns whether nobody that still runs does.
   */
  leave(job: string): Promise<boolean>
  close(): void
}

/** KEYS: the job's waiters. ARGV: this run, the beginning of the keys that say who runs. */
const LEAVE = `
redis.call('SREM', KEYS[1], ARGV[1])
for _, other in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if redis.call('EXISTS', ARGV[2] .. other) == 1 then return 0 end
  redis.call('SREM', KEYS[1], other)
end
return 1
`

/** @param run this one's id. It is taken for running until `close`, or until it is killed. */
export async function openWaiters(
  redis: Redis,
  settings: QueueSettings,
  run: string,
): Promise<Waiters> {
  const alive = keyOf(settings, 'alive', '')
  const live = async (): Promise<void> => {
    await redis.set(`${alive}${run}`, 1, 'PX', SILENCE)
  }
  await live()
  // A server that is away is somebody else's to notice.
  const heartbeat = setInterval(() => void live().catch(() => undefined), SILENCE / 3)
  heartbeat.unref()
  const waitersKey = (job: string): string => keyOf(settings, 'waiters', job)
  return {
    async join(job) {
      await redis.multi().sadd(waitersKey(job), run).expire(waitersKey(job), KEPT).exec()
    },
    leave: async (job) => (await redis.eval(LEAVE, 1, waitersKey(job), run, alive)) === 1,
    close() {
      clearInterval(heartbeat)
      void redis.del(`${alive}${run}`).catch(() => undefined)
    },
  }
}
