import PQueue from 'p-queue'
import pRetry from 'p-retry'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import { secretsOf, withoutSecrets } from './secrets.ts'
import {
  LONGEST_ITEM,
  OversizeError,
  readItem,
  silenceClient,
  sizeOf,
  writeItem,
  type RemoteSource,
  type RemoteStorage,
} from './storage.ts'

/**
 * A storage elsewhere that may be slow, down or denied. Every operation ends within its time, is tried again where that
 * may help, and fails with an `ImagegenError` of code `unavailable` that names no secret.
 */
export interface Remote {
  /**
   * @param most bytes; of an item whose size is told, no more than that is ever read.
   * @throws ImagegenError with code `damaged` where it has more.
   */
  get(key: string, most?: number): Promise<Uint8Array | undefined>
  has(key: string): Promise<boolean>
  /** Writes once, and believes what it is told. */
  write(key: string, bytes: Uint8Array): Promise<void>
  /** Writes, and reads again what was written: some drivers store nothing and say nothing. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Ends its connections. What is asked for after that opens new ones, where the source is a function. */
  close(): Promise<void>
}

export interface RemoteOptions {
  readonly source: RemoteSource
  /** Milliseconds for one operation. */
  readonly timeout: number
}

/** Operations at once. */
const CONCURRENCY = 32

/** Attempts after the first, and the pause before the first of them in milliseconds. */
const RETRIES = 2
const PAUSE = 100

/** So many failures in a row, and nobody waits for another one for a moment, in milliseconds. */
const FAILURES = 3
const MOMENT = 5000

export function connectRemote({ source, timeout }: RemoteOptions): Remote {
  const queue = new PQueue({ concurrency: CONCURRENCY })
  const reads = createPatience()
  // Of its own: a storage that is full can still be read.
  const writes = createPatience()
  let opening: Promise<RemoteStorage> | undefined
  let secrets: readonly string[] = []

  const open = (): Promise<RemoteStorage> => {
    opening ??= Promise.resolve()
      .then(() => (typeof source === 'function' ? source() : source))
      .then((storage) => {
        silenceClient(storage)
        secrets = secretsOf(storage)
        return storage
      })
      .catch((error: unknown) => {
        opening = undefined
        throw error
      })
    return opening
  }

  /** What a driver threw, for people. */
  function failureOf(thrown: unknown): ImagegenError {
    // The driver's error itself is not kept: its stack and fields are printed by whoever prints causes.
    return remoteError(withoutSecrets(describe(thrown), secrets))
  }

  const run = <Result>(
    patience: Patience,
    retries: number,
    work: (storage: RemoteStorage) => Promise<Result>,
  ): Promise<Result> =>
    queue.add(async () => {
      patience.check()
      try {
        const attempt = (): Promise<Result> => within(timeout, async () => work(await open()))
        const result = await pRetry(() => attempt().catch(asError), {
          retries,
          minTimeout: PAUSE,
          shouldRetry: ({ error }) => !(error instanceof SlowError),
        })
        patience.restore()
        return result
      } catch (thrown) {
        const error = failureOf(thrown)
        patience.lose(error)
        throw error
      }
    })

  const remote: Remote = {
    async get(key, most = LONGEST_ITEM) {
      // An item of the wrong size is no failure of the storage.
      const found = await run(reads, RETRIES, (storage) =>
        readBounded(storage, key, most).catch((error: unknown) => {
          if (error instanceof OversizeError) return error
          throw error
        }),
      )
      if (!(found instanceof OversizeError)) return found
      throw new ImagegenError('damaged', {
        message: found.message,
        hint: 'Nothing uses it. `imagegen push --verify`, where the picture is, puts it right.',
      })
    },
    has: (key) => run(reads, RETRIES, async (storage) => storage.hasItem(key, {})),
    write: (key, bytes) => run(writes, 0, (storage) => writeItem(storage, key, bytes)),
    async put(key, bytes) {
      await run(writes, RETRIES, (storage) => writeItem(storage, key, bytes))
      const written = await remote.get(key)
      if (written !== undefined && Buffer.compare(written, bytes) === 0) return
      throw remoteError(
        `it took ${key} and ${written === undefined ? 'does not have it' : 'gives back something else'}`,
        'Is it read-only or full, or is there no such bucket or folder?',
      )
    },
    async close() {
      const opened = opening
      if (opened === undefined) return
      opening = undefined
      // Nobody can do anything about one that cannot be closed.
      await within(timeout, async () => (await opened).dispose?.()).catch(() => undefined)
    },
  }
  return remote
}

async function readBounded(
  storage: RemoteStorage,
  key: string,
  most: number,
): Promise<Uint8Array | undefined> {
  // Receipts are read by the thousand: asking for the size of each would double the requests.
  const size = key.startsWith('originals:') ? await sizeOf(storage, key) : undefined
  if (size !== undefined && size > most) {
    throw new OversizeError(key, size, most)
  }
  return readItem(storage, key, most)
}

/** Whether it makes sense to ask: where nothing answers, thousands must not wait for their time-outs one by one. */
interface Patience {
  /** @throws the last failure, where it is one of many and has just been. */
  check(): void
  lose(error: ImagegenError): void
  restore(): void
}

function createPatience(): Patience {
  let failures = 0
  let last: { readonly error: ImagegenError; readonly time: number } | undefined
  return {
    check() {
      if (last !== undefined && failures >= FAILURES && Date.now() - last.time < MOMENT) {
        throw last.error
      }
    },
    lose(error) {
      failures += 1
      last = { error, time: Date.now() }
    },
    restore() {
      failures = 0
    },
  }
}

/** @param reason without secrets. */
export function remoteError(
  reason: string,
  hint = 'Look whether it runs and lets you in, then run it again.',
): ImagegenError {
  return new ImagegenError('unavailable', { message: `The remote store failed: ${reason}.`, hint })
}

/** It took longer than anybody should wait. */
class SlowError extends Error {}

/** A promise that is told to hurry. The timer keeps the process alive, whatever the driver does. */
async function within<Result>(milliseconds: number, work: () => Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new SlowError(`it did not answer within ${milliseconds / 1000} s`)),
      milliseconds,
    )
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** The reason of a failed request is often only in its cause. */
function describe(thrown: unknown): string {
  const message = messageOf(thrown).replace(/[\s.]+$/, '')
  const cause = thrown instanceof Error ? thrown.cause : undefined
  return cause instanceof Error && !message.includes(cause.message)
    ? `${message} (${cause.message})`
    : message
}

/** Drivers throw what they like; p-retry takes errors only, and some `TypeError`s for bugs. */
function asError(thrown: unknown): never {
  if (thrown instanceof SlowError) throw thrown
  throw new Error(describe(thrown))
}
