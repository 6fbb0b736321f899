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
 * A remote storage that may be slow, down or denied. Every operation ends within its timeout, is retried where that may
 * help, and fails with an `ImagegenError` of code `unavailable` whose message contains no secret.
 */
export interface Remote {
  /**
   * Reads an item.
   *
   * @param most bytes. Where the storage reports sizes, no more than this is read.
   * @throws ImagegenError with code `damaged` where the item is larger.
   */
  get(key: string, most?: number): Promise<Uint8Array | undefined>
  has(key: string): Promise<boolean>
  /** Writes once, and trusts the storage's answer. */
  write(key: string, bytes: Uint8Array): Promise<void>
  /** Writes, then reads the item back: some drivers store nothing and report no error. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Closes its connections. A later operation opens new ones, where the source is a function. */
  close(): Promise<void>
}

export interface RemoteOptions {
  readonly source: RemoteSource
  /** The timeout of one operation in milliseconds. */
  readonly timeout: number
}

/** Operations at once. */
const CONCURRENCY = 32

/** Attempts after the first, and the pause before the second attempt in milliseconds. */
const RETRIES = 2
const PAUSE = 100

/** After this many failures in a row, operations fail at once for a moment (in milliseconds). */
const FAILURES = 3
const MOMENT = 5000

export function connectRemote({ source, timeout }: RemoteOptions): Remote {
  const queue = new PQueue({ concurrency: CONCURRENCY })
  const reads = createPatience()
  // Separate from reads: a full storage can still be read.
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

  /** Turns what a driver threw into a message without secrets. */
  function failureOf(thrown: unknown): ImagegenError {
    // The driver's error is not kept as the cause: its stack and fields may contain secrets.
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
      // An item of the wrong size is not a failure of the storage.
      const found = await run(reads, RETRIES, (storage) =>
        readBounded(storage, key, most).catch((error: unknown) => {
          if (error instanceof OversizeError) return error
          throw error
        }),
      )
      if (!(found instanceof OversizeError)) return found
      throw new ImagegenError('damaged', {
        message: found.message,
        hint: 'The damaged copy is not used. Run `imagegen push --verify` on a machine that has the picture to repair it.',
      })
    },
    has: (key) => run(reads, RETRIES, async (storage) => storage.hasItem(key, {})),
    write: (key, bytes) => run(writes, 0, (storage) => writeItem(storage, key, bytes)),
    async put(key, bytes) {
      await run(writes, RETRIES, (storage) => writeItem(storage, key, bytes))
      const written = await remote.get(key)
      if (written !== undefined && Buffer.compare(written, bytes) === 0) return
      throw remoteError(
        `it accepted ${key} but ${written === undefined ? 'does not have it' : 'returns something else'}`,
        'It may be read-only or full, or there is no such bucket or folder.',
      )
    },
    async close() {
      const opened = opening
      if (opened === undefined) return
      opening = undefined
      // A user can do nothing about a connection that does not close.
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
  // Receipts are read by the thousand, and asking for the size of each would double the requests.
  const size = key.startsWith('originals:') ? await sizeOf(storage, key) : undefined
  if (size !== undefined && size > most) {
    throw new OversizeError(key, size, most)
  }
  return readItem(storage, key, most)
}

/** Decides whether to ask the remote. Where it does not answer, thousands of items must not time out one by one. */
interface Patience {
  /** @throws the last failure, where several failed in a row and the last one is recent. */
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
  hint = 'Check that it runs and that your credentials are valid, then run it again.',
): ImagegenError {
  return new ImagegenError('unavailable', { message: `The remote store failed: ${reason}.`, hint })
}

/** The operation timed out. */
class SlowError extends Error {}

/** Rejects when a promise takes too long. The timer keeps the process alive, whatever the driver does. */
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

/** Drivers throw any value. p-retry accepts only errors, and treats some `TypeError`s as bugs. */
function asError(thrown: unknown): never {
  if (thrown instanceof SlowError) throw thrown
  throw new Error(describe(thrown))
}
