import type { Redis, RedisOptions } from 'ioredis'
import { wait } from '../shared/abort.ts'
import { ImagegenError, messageOf } from '../shared/errors.ts'
import { errorCode } from '../shared/files.ts'
import type { Logger } from '../shared/logger.ts'
import { installedVersion, requireVersion } from '../shared/package-version.ts'
import type { QueueSettings } from './settings.ts'

export type Bullmq = typeof import('bullmq')

/** A connection to the queue's server. */
export interface Connection {
  readonly redis: Redis
  readonly bullmq: Bullmq
  /**
   * Aborted once the server has been away for longer than the patience, or when the caller abandons. Later operations
   * fail.
   */
  readonly lost: AbortSignal
  close(): void
}

/** Milliseconds between two attempts to reconnect. */
const RETRY_PAUSE = 500

/**
 * Connects once, so that a wrong address or password is reported at once. After that the server may come and go, and
 * operations wait for it.
 *
 * @param patience milliseconds until `lost` is aborted; `Infinity` never.
 * @param abandon ends all patience.
 * @throws ImagegenError with code `config` where a package is not installed, `unavailable` where the server does not
 * answer.
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
    // BullMQ requires both settings: operations wait while the server is away.
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
    // ioredis reports a missing database only through the `error` event.
    if (lastError !== undefined) throw lastError
  } catch (error) {
    redis.disconnect()
    throw unreachable(redis, lastError ?? error)
  }
  isReady = true

  const lost = new AbortController()
  const giveUp = (): void => {
    lost.abort()
    // Operations that wait for the server would otherwise wait for ever.
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

/** The longest that closing may take, in milliseconds. */
const CLOSING = 2000

/** Waits for connections to close, for a limited time: BullMQ waits for ever for a server that is away. */
export async function closed(closings: ReadonlyArray<Promise<unknown>>): Promise<void> {
  const enough = new AbortController()
  const tooLong = wait(CLOSING, enough.signal).catch(() => undefined)
  await Promise.race([Promise.allSettled(closings), tooLong])
  enough.abort()
}

/** The longest timer that Node supports, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1

/** @param oldest the oldest supported version. */
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
        : 'Start Redis or Valkey there, or change `queue.connection`; without the option `queue` this process asks the provider itself.',
    },
    { cause: error },
  )
}

/** The server's address for people, always without the password. */
function addressOf({ options }: Redis): string {
  return options.path ?? `${options.host ?? 'localhost'}:${options.port ?? 6379}`
}
