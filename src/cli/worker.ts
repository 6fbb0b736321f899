import type { Pipeline } from '../pipeline.ts'
import { work } from '../queue/worker.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { Command } from './command.ts'
import { refuseMode } from './consent.ts'
import { stopOnInterrupt } from './interrupt.ts'
import { openProject, queueOf } from './project.ts'

/** MiniMax answers after half a minute and takes ten requests a minute: more at once would wait for their turn. */
const CONCURRENCY = 4

export const worker: Command = {
  options: {
    concurrency: { value: 'N', about: `jobs at once, for each model (default ${CONCURRENCY})` },
  },
  async run(given, output) {
    const concurrency = given.count('concurrency') ?? CONCURRENCY
    if (concurrency === 0) {
      throw new ImagegenError('usage', {
        message: '`--concurrency` is 0: this worker would never do anything.',
      })
    }
    const pipeline = await openProject(output)
    const settings = queueOf(pipeline.options)
    refuseMode(pipeline.options)
    const interrupt = stopOnInterrupt(output)
    try {
      const ending = await work({
        settings,
        models: pipeline.options.models,
        store: pipeline.store,
        share: async (key) => share(pipeline, key, interrupt.abandon),
        concurrency,
        signal: interrupt.stop,
        abandon: interrupt.abandon,
        logger: output.logger,
      })
      return ending === 'refused' ? 1 : 0
    } finally {
      interrupt.release()
      await pipeline.close()
    }
  },
}

/** Settling brings a picture to the remote, and warns where that fails: a job is done only once it is there. */
async function share(
  { options, store }: Pipeline,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  if (options.remote === undefined) return
  const how = { isDry: false, isThorough: false, signal, onProgress: () => undefined }
  const { transfers, problems } = await store.push(how, [key])
  const failed = transfers.flatMap(({ outcome }) =>
    outcome.kind === 'failed' ? [outcome.problem] : [],
  )
  if (failed.length + problems.length > 0)
    throw new ImagegenError('unavailable', [...failed, ...problems])
}
