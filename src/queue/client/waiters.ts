import type { Redis } from 'ioredis'
import { keyOf } from '../names.ts'
import type { QueueSettings } from '../settings.ts'

/** Milliseconds without a heartbeat after which a run counts as gone. */
const SILENCE = 60_000

/** Seconds after which the list of a job's waiting runs expires. */
const KEPT = 7 * 24 * 60 * 60

/** Records which runs wait for which job. A job without a waiting run may be removed from the queue. */
export interface Waiters {
  /** This run starts to wait for a job. */
  join(job: string): Promise<void>
  /**
   * This run stops waiting.
   *
   * @returns whether no other live run waits for the job.
   */
  leave(job: string): Promise<boolean>
  close(): void
}

/** KEYS: the job's waiters. ARGV: this run, the prefix of the keys of live runs. */
const LEAVE = `
redis.call('SREM', KEYS[1], ARGV[1])
for _, other in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if redis.call('EXISTS', ARGV[2] .. other) == 1 then return 0 end
  redis.call('SREM', KEYS[1], other)
end
return 1
`

/** @param run this run's id. The run counts as live until `close`, or until it is killed. */
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
  // The connection reports a server that is away.
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
