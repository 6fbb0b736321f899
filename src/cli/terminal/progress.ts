import type { GenerateEvent, Job } from '../../pipeline.ts'
import { inOneLine, sentence } from '../../shared/plain-text.ts'
import type { Output } from './output.ts'

/** Reports the progress of a run: one line per event, and a bar in the last line of a terminal. */
export interface Progress {
  tell(event: GenerateEvent): void
  end(): void
}

export function createProgress(jobs: readonly Job[], output: Output): Progress {
  const drawBar = createBar(output)
  let finished = 0

  const draw = (): void => {
    if (jobs.length === 0) return
    drawBar(finished, jobs.length)
  }
  const finish = (text: string): void => {
    output.logger.info(text)
    finished += 1
    draw()
  }

  draw()
  return {
    tell(event) {
      switch (event.kind) {
        case 'finished':
          finish(`${output.paint('green', 'made')}    ${inOneLine(event.job.entry.id)}`)
          break
        case 'failed':
          finish(
            `${output.paint('red', 'failed')}  ${inOneLine(event.job.entry.id)} (${sentence(event.failure.code)})`,
          )
          break
        case 'retried':
          output.logger.info(
            `${output.paint('yellow', 'retry')}   ${inOneLine(event.job.entry.id)}: ${sentence(event.error.message)}`,
          )
          break
        case 'waiting':
          output.logger.info(
            `waiting ${inOneLine(event.job.entry.id)}: another process asks for it`,
          )
          break
        case 'warning':
          output.logger.warn(sentence(event.message))
          break
        case 'requested':
          break
        default:
          event satisfies never
      }
    },
    end: () => output.status(''),
  }
}

const CELLS = 24

/** Creates a progress bar for the last line of a terminal. */
export function createBar(output: Output): (done: number, total: number) => void {
  return (done, total) => {
    const filled = Math.round((done / total) * CELLS)
    output.status(`${'█'.repeat(filled)}${'░'.repeat(CELLS - filled)} ${done}/${total}`)
  }
}
