import type { Pipeline } from '../pipeline.ts'
import type { Output } from './output.ts'

type Job = Parameters<Pipeline['generate']>[1][number]
type Event = Parameters<Parameters<Pipeline['generate']>[2]['onEvent']>[0]

/** Shows how far a run is: one line that changes on a terminal, a line an event elsewhere. */
export interface Progress {
  tell(event: Event): void
  end(): void
}

export function createProgress(jobs: readonly Job[], output: Output): Progress {
  const total = jobs.length
  let finished = 0
  let line = ''

  const draw = (text: string): void => {
    if (!output.isInteractive) return
    const rest = ' '.repeat(Math.max(0, line.length - text.length))
    process.stderr.write(`\r${text}${rest}`)
    line = text
  }
  const clear = (): void => {
    draw('')
    if (output.isInteractive) process.stderr.write('\r')
  }
  const bar = (): string => {
    const filled = total === 0 ? 0 : Math.round((finished / total) * 24)
    return `${'█'.repeat(filled)}${'░'.repeat(24 - filled)} ${finished}/${total}`
  }
  const say = (text: string): void => {
    clear()
    output.logger.info(text)
    draw(bar())
  }

  draw(total === 0 ? '' : bar())
  return {
    tell(event) {
      switch (event.kind) {
        case 'finished':
          finished += 1
          say(`${output.paint('green', 'made')}    ${event.job.entry.id}`)
          break
        case 'failed':
          finished += 1
          say(`${output.paint('red', 'failed')}  ${event.job.entry.id} (${event.failure.code})`)
          break
        case 'retried':
          say(`${output.paint('yellow', 'retry')}   ${event.job.entry.id}: ${event.error.message}`)
          break
        case 'waiting':
          say(`waiting ${event.job.entry.id}: another process asks for it`)
          break
        case 'warning':
          clear()
          output.logger.warn(event.message)
          draw(bar())
          break
        case 'requested':
          break
        default:
          event satisfies never
      }
    },
    end: clear,
  }
}
