import { createRunProgress, type GenerateEvent, type Job, type RunState } from '../../pipeline.ts'
import { followWaits, rateLimitText, remainingText, SLOW, slowText } from '../../pipeline/waits.ts'
import { inOneLine, sentence } from '../../shared/plain-text.ts'
import type { Output } from './output.ts'

/** Reports the progress of a run: one line per event, and a bar in the last line of a terminal. */
export interface Progress {
  tell(event: GenerateEvent): void
  end(): void
}

/** Codes of failures that a missing key explains. */
const KEPT_BY_KEY: ReadonlySet<string> = new Set(['credentials', 'stopped', 'blocked'])

/** Milliseconds between two drawings of the last line. */
const REDRAWN = 200

export function createProgress(jobs: readonly Job[], output: Output): Progress {
  const progress = createRunProgress(jobs)
  let hasKey = true
  const stop =
    output.isInteractive && jobs.length > 0
      ? redraw(() => output.status(statusLine(progress.read(), Date.now())))
      : followWaits(progress, (line) => output.logger.info(line))
  return {
    tell(event) {
      progress.note(event)
      switch (event.kind) {
        case 'finished':
          output.logger.info(`${output.paint('green', 'made')}    ${inOneLine(event.job.entry.id)}`)
          break
        case 'failed':
          // A missing key is one message for all images that it keeps.
          if (!hasKey && KEPT_BY_KEY.has(event.failure.code)) break
          if (event.failure.code === 'credentials') hasKey = false
          output.logger.info(
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
        case 'rate-limited':
        case 'requested':
        case 'arrived':
          break
        default:
          event satisfies never
      }
    },
    end() {
      stop()
      output.status('')
    },
  }
}

function redraw(draw: () => void): () => void {
  draw()
  const timer = setInterval(draw, REDRAWN)
  timer.unref()
  return () => clearInterval(timer)
}

/** `██████░░░░ 10/18 · about 50 s left · waiting for the rate limit (10 a minute), next request in 41 s` */
export function statusLine(
  { jobs, ended, remaining, rateLimit, slowest }: RunState,
  time: number,
): string {
  const isSlow = slowest !== null && time - slowest.since >= SLOW
  return [
    bar(ended, jobs),
    ...(remaining === null || remaining === 0 ? [] : [remainingText(remaining)]),
    ...(rateLimit === null || rateLimit.until <= time ? [] : [rateLimitText(rateLimit, time)]),
    ...(isSlow ? [slowText(slowest, time)] : []),
  ].join(' · ')
}

const CELLS = 24

function bar(done: number, total: number): string {
  const filled = Math.round((done / total) * CELLS)
  return `${'█'.repeat(filled)}${'░'.repeat(CELLS - filled)} ${done}/${total}`
}

/** Creates a progress bar for the last line of a terminal. */
export function createBar(output: Output): (done: number, total: number) => void {
  return (done, total) => output.status(bar(done, total))
}
