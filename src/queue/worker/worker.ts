import { once } from 'node:events'
import type { BudgetLimit } from '../../generate/budget.ts'
import { howToSetKeys } from '../../model/key-source.ts'
import type { ResolvedModel } from '../../model/resolved-model.ts'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/logger.ts'
import { plainText, sentence } from '../../shared/plain-text.ts'
import type { Store } from '../../store/store.ts'
import { closed, openConnection, type Connection } from '../connection.ts'
import { queueNameOf } from '../names.ts'
import { createProcessor } from './process-order.ts'
import type { QueueSettings } from '../settings.ts'
import { backoff } from './try-once.ts'
import { openUnsent } from './unsent.ts'

export interface WorkOptions {
  readonly settings: QueueSettings
  readonly models: ReadonlyMap<string, ResolvedModel>
  readonly store: Store
  /** The most that one job may cost, whatever the job itself says. */
  readonly budget: BudgetLimit
  /** Downloads what the remote has of a key, before local files of the key count as lost. */
  readonly bringHere: (key: string) => Promise<void>
  /**
   * Uploads the local pictures of a key to where the clients look for them.
   *
   * @param how `repair`: the remote may have incomplete items from a killed worker.
   * @throws ImagegenError where that fails.
   */
  readonly bringThere: (key: string, how: 'send' | 'repair') => Promise<void>
  /** Distinguishes this store from those of other machines. */
  readonly place: string
  /** Concurrent jobs for each model. */
  readonly concurrency: number
  /** Aborted to take no more jobs; running requests finish. */
  readonly signal: AbortSignal
  /** Aborted to cancel running requests too. Their pictures may be paid for and lost. */
  readonly abandon: AbortSignal
  readonly logger: Logger
}

/** `refused`: no request to the account can succeed. */
export type WorkEnding = 'stopped' | 'refused'

/** After this many workers died on a job, it is given up. */
const MOST_STALLS = 4

/** BullMQ checks for a paused queue only where a limit is set. This limit is never reached. */
const NO_LIMIT = { max: 2 ** 31, duration: 1000 }

/**
 * Processes the clients' jobs until it is told to stop, or until no account accepts requests.
 *
 * @throws ImagegenError with code `credentials` where no model has a key, `config` or `unavailable` where there is no
 * queue.
 */
export async function work(options: WorkOptions): Promise<WorkEnding> {
  const { settings, store, logger } = options
  const models = modelsWithKeys(options)
  await store.prepare()
  await store.recover()
  const connection = await openConnection(settings, logger, Infinity, options.abandon)
  try {
    await sendUnsent(connection, options)
    logger.info(
      sentence(`Takes pictures of ${namesOf(models)} from the queue \`${settings.name}\`.`),
    )
    const accounts = new Set(models.map(({ account }) => account))
    await Promise.all(
      [...accounts].map(async (account) =>
        serveAccount(
          models.filter((model) => model.account === account),
          connection,
          options,
        ),
      ),
    )
    return options.signal.aborted ? 'stopped' : 'refused'
  } finally {
    connection.close()
  }
}

/** Continues the work of a killed worker that had this store. */
async function sendUnsent({ redis }: Connection, options: WorkOptions): Promise<void> {
  const unsent = openUnsent(redis, options.settings, options.place)
  for (const key of await unsent.all()) {
    try {
      await options.bringThere(key, 'repair')
      await unsent.clear(key)
    } catch (error) {
      // The next worker with this store tries again. Until then the key is `unavailable` for everyone.
      options.logger.warn(messageOf(error))
    }
  }
}

/** One model for each queue whose provider this worker can ask. */
function modelsWithKeys({ models, logger }: WorkOptions): ResolvedModel[] {
  const kinds = new Map([...models.values()].map((model) => [nameOf(model), model]))
  const usable = [...kinds.values()].filter(({ model }) => model.credentials !== 'missing')
  const others = [...kinds.values()].filter((model) => !usable.includes(model))
  if (usable.length === 0) {
    throw new ImagegenError('credentials', {
      message: `This worker has no API key for any of its models (${namesOf(others)}).`,
      hint: `${howToSetKeys(others.map(({ model }) => model))}.`,
    })
  }
  if (others.length > 0)
    logger.warn(`No API key for ${namesOf(others)}; other workers must process its jobs.`)
  return usable
}

/** Processes jobs of an account's models until it is told to stop, or the provider refuses the account. */
async function serveAccount(
  models: readonly ResolvedModel[],
  connection: Connection,
  options: WorkOptions,
): Promise<void> {
  const refused = new AbortController()
  const stop = AbortSignal.any([options.signal, refused.signal])
  const onRefused = (): void => {
    if (refused.signal.aborted) return
    options.logger.error(
      `The account of ${namesOf(models)} cannot be asked any more; this worker takes no more of its jobs.`,
    )
    refused.abort()
  }
  await Promise.all(
    models.map(async (model) => serve(model, connection, { ...options, signal: stop }, onRefused)),
  )
}

async function serve(
  model: ResolvedModel,
  connection: Connection,
  options: WorkOptions,
  onRefused: () => void,
): Promise<void> {
  const { bullmq, redis } = connection
  const { settings, signal, abandon, logger } = options
  const name = queueNameOf(settings, model)
  const queue = new bullmq.Queue(name, { connection: redis })
  const unsent = openUnsent(redis, settings, options.place)
  const processor = createProcessor(model, { ...options, connection, queue, unsent, onRefused })
  const worker = new bullmq.Worker(name, processor, {
    connection: redis,
    concurrency: options.concurrency,
    lockDuration: settings.stalledAfter,
    stalledInterval: settings.stalledAfter / 2,
    maxStalledCount: MOST_STALLS,
    limiter: NO_LIMIT,
    settings: { backoffStrategy: (attempts, _, error) => backoff(attempts, error) },
  })
  worker.on('stalled', (id) => logger.warn(`Another worker died; ${plainText(id, 16)} runs again.`))
  // The code that opens the connection reports its errors.
  worker.on('error', () => undefined)
  queue.on('error', () => undefined)
  await aborted(signal)
  const closing = worker.close()
  await Promise.race([closing, aborted(abandon)])
  await closed([closing, queue.close()])
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

function nameOf({ provider, modelId }: ResolvedModel): string {
  return `${provider}/${modelId}`
}

function namesOf(models: readonly ResolvedModel[]): string {
  return models.map(nameOf).join(', ')
}
