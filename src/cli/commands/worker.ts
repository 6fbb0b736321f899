import { ImagegenError } from '../../shared/errors.ts'
import { JSON_OPTION, type Command } from '../command.ts'
import { refuseMode } from '../consent.ts'
import { stopOnInterrupt } from '../terminal/interrupt.ts'
import { openProject } from '../project.ts'

/** Providers answer after about 30 s and accept about ten requests a minute, so more parallel jobs would only wait. */
const CONCURRENCY = 4

export const worker: Command = {
  options: {
    concurrency: { value: 'N', about: `parallel jobs per model (default: ${CONCURRENCY})` },
    ...JSON_OPTION,
  },
  examples: [
    { line: '', about: 'take jobs from the queue until Ctrl-C' },
    { line: '--concurrency 8', about: 'work on 8 jobs of each model at once' },
  ],
  async run(given, output) {
    const concurrency = given.count('concurrency') ?? CONCURRENCY
    if (concurrency === 0) {
      throw new ImagegenError('usage', {
        message: '`--concurrency` is 0: this worker would never do anything.',
      })
    }
    const pipeline = await openProject(output)
    refuseMode(pipeline.options)
    const interrupt = stopOnInterrupt(output)
    try {
      const ending = await pipeline.work({
        concurrency,
        signal: interrupt.stop,
        abandon: interrupt.abandon,
      })
      if (given.flag('json')) output.json({ version: 1, ending })
      return ending === 'refused' ? 1 : 0
    } finally {
      interrupt.release()
    }
  },
}
