import type { Redis, RedisOptions } from 'ioredis'
import { wait } from '../shared/abort.ts'
import { ImagegenError, messageOf } from '../shared/errors.ts'
import { errorCode } from '../shared/files.ts'
import type { Logger } from '../shared/logger.ts'
import { installedVersion, requireVersion } from '../shared/package-version.ts'
import type { QueueSettings } from './settings.ts'

export type Bullmq = typeof import('bullmq')

/** A way to the server that holds the queue. */
export interface Connection {
  readonly redis: Redis
  readonly bullmq: Bullmq
  /**
   * Given once the server has been away for longer than anybody should wait, or somebody wants to wait no longer. What
   * is asked from then on fails.
   */
  readonly lost: AbortSignal
  close(): void
}

/** Milliseconds between two tries to reach a server that was there before. */
const RETRY_PAUSE = 500

/**
 * Reaches the server once, so that what is wrong with the address or the password is said at once. From then on it may
 * come and go: what is asked of it meanwhile waits.
 *
 * @param patience milliseconds until `lost` is given; `Infinity` never.
 * @param abandon ends all patience.
 * @throws ImagegenError with code `config` where a package is not installed, `unavailable` where nothing answers.
 */
export async function openConnection(
  settings: QueueSettings,
  logger: Logger,
  patience: number,
  abandon: AbortSignal,
): Promise<Connection> {
  const [bullmq, { Redis }] = await Promise.all([
    load('bullmq', '6', async () => import('bullmq')),
    load('ioredis', '5', async () => import('ioredis')),
  ])
  let isReady = false
  let lastError: Error | undefined
  const options: RedisOptions = {
    lazyConnect: true,
    // BullMQ needs both: what is asked while the server is away waits for it.
    maxRetriesPerRequest: null,
    retryStrategy: () => (isReady ? RETRY_PAUSE : null),
  }
  const { connection } = settings
  const redis =
    typeof connection === 'string'
      ? new Redis(connection, options)
      : new Redis({ ...connection, ...options })
  redis.on('error', (error: Error) => (lastError = error))
  try {
    await redis.connect()
    await redis.ping()
    // A database that is not there is an error that ioredis only tells of.
    if (lastError !== undefined) throw lastError
  } catch (error) {
    redis.disconnect()
    throw unreachable(redis, lastError ?? error)
  }
  isReady = true

  const lost = new AbortController()
  const giveUp = (): void => {
    lost.abort()
    // What waits for the server would wait for ever.
    redis.disconnect()
  }
  let timer: NodeJS.Timeout | undefined
  redis.on('close', () => {
    if (timer !== undefined) return
    logger.warn(`The queue's server (${addressOf(redis)}) does not answer; waiting for it.`)
    timer = setTimeout(giveUp, Math.min(patience, LONGEST_TIMER))
    if (abandon.aborted) giveUp()
  })
  redis.on('ready', () => {
    if (timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    logger.info("The queue's server answers again.")
  })
  const onAbandon = (): void => {
    if (timer !== undefined) giveUp()
  }
  abandon.addEventListener('abort', onAbandon)
  return {
    redis,
    bullmq,
    lost: lost.signal,
    close() {
      redis.removeAllListeners('close')
      abandon.removeEventListener('abort', onAbandon)
      clearTimeout(timer)
      redis.disconnect()
    },
  }
}

/** Milliseconds that closing may take. */
const CLOSING = 2000

/**
 * Waits for what is being closed, and no longer than makes sense: BullMQ waits for ever for a server that is away.
 */
export async function closed(closings: ReadonlyArray<Promise<unknown>>): Promise<void> {
  const enough = new AbortController()
  const tooLong = wait(CLOSING, enough.signal).catch(() => undefined)
  await Promise.race([Promise.allSettled(closings), tooLong])
  enough.abort()
}

/** The longest that a timer of Node waits, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1

/** @param oldest the oldest version that will do. */
async function load<Module>(
  name: string,
  oldest: string,
  importIt: () => Promise<Module>,
): Promise<Module> {
  const version = installedVersion(name, import.meta.filename)
  const advice = `Run \`npm install --save-dev ${name}@latest\`.`
  if (version !== undefined) requireVersion(name, version, oldest, advice)
  try {
    return await importIt()
  } catch (error) {
    if (errorCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new ImagegenError(
      'config',
      {
        message: `The option \`queue\` needs the package \`${name}\`, which is not installed.`,
        hint: 'Run `npm install --save-dev bullmq ioredis`.',
      },
      { cause: error },
    )
  }
}

function unreachable(redis: Redis, error: unknown): ImagegenError {
  const message = messageOf(error)
  const isRefused = /^(?:NOAUTH|WRONGPASS|NOPERM|ERR AUTH)|invalid password/.test(message)
  return new ImagegenError(
    'unavailable',
    {
      message: `The queue's server (${addressOf(redis)}) ${isRefused ? 'refuses this user' : 'cannot be used'}: ${message}`,
      hint: isRefused
        ? 'Check the user and password in `queue.connection`.'
        : 'Start Redis or Valkey there, or change `queue.connection`; without the option `queue` this process asks by itself.',
    },
    { cause: error },
  )
}

/** Where it is, for people: never with the password. */
function addressOf({ options }: Redis): string {
  return options.path ?? `${options.host ?? 'localhost'}:${options.port ?? 6379}`
}
