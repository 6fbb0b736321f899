import { queueOf } from '../../pipeline/here-or-there.ts'
import { overviewOf, type QueueOverview } from '../../queue/overview.ts'
import { JSON_OPTION, type Command } from '../command.ts'
import type { Output } from '../terminal/output.ts'
import { openOptions } from '../project.ts'
import { count, sentence } from '../../shared/plain-text.ts'

export const queue: Command = {
  options: JSON_OPTION,
  examples: [
    { line: '', about: 'show what waits, what is in progress and what failed' },
    { line: '--json', about: 'the same for a script' },
  ],
  async run(given, output) {
    const options = await openOptions(output)
    const settings = queueOf(options)
    const overviews = await overviewOf(settings, options.models.values(), output.logger)
    if (given.flag('json')) {
      output.json({ version: 1, name: settings.name, models: overviews })
    } else {
      output.result(overviews.map((overview) => overviewText(overview, output)).join('\n'))
    }
    return 0
  },
}

/** `openai/gpt-image-1  2 workers: 40 waiting, 2 active, 0 delayed, 310 completed, 1 failed`, then the active jobs. */
function overviewText(overview: QueueOverview, output: Output): string {
  const { model, workers, waiting, delayed, active, completed, failed, failures } = overview
  const staff = workers === null ? 'workers unknown' : count(workers, 'worker')
  const lines = active.map(
    ({ id, since }) => `  ${output.paint('green', 'active')}  ${id}  since ${since ?? 'just now'}`,
  )
  const reasons = failures.map(
    ({ id, code, message }) =>
      `  ${output.paint('red', 'failed')}  ${id} (${code})  ${sentence(output.clean(message))}`,
  )
  return [
    `${sentence(model)}  ${staff}: ${waiting} waiting, ${active.length} active, ${delayed} delayed, ${completed} completed, ${failed} failed`,
    ...lines,
    ...reasons,
  ].join('\n')
}
