import path from 'node:path'
import type { Pipeline } from '../../pipeline.ts'
import { count, inOneLine } from '../../shared/plain-text.ts'
import { onInterrupt } from '../terminal/interrupt.ts'
import type { Output } from '../terminal/output.ts'
import { createBar } from '../terminal/progress.ts'

type Report = Awaited<ReturnType<Pipeline['store']['push']>>
type Control = Pick<Parameters<Pipeline['store']['push']>[0], 'signal' | 'onProgress'>
type Transfer = Report['transfers'][number]

/** A command's words for its outcomes. */
interface Verbs {
  readonly moved: string
  readonly present: string
}

/** Runs a push or a pull with progress and Ctrl-C handling, and prints the result. */
export async function runTransfer(
  verbs: Verbs,
  isJson: boolean,
  output: Output,
  work: (control: Control) => Promise<Report>,
): Promise<number> {
  const stop = new AbortController()
  const release = onInterrupt(() => {
    stop.abort()
    output.logger.warn('Interrupted: waiting for running transfers.')
  })
  const drawBar = createBar(output)
  try {
    const report = await work({
      signal: stop.signal,
      onProgress({ candidate, outcome, done, total }) {
        if (outcome.kind === 'moved') {
          output.logger.info(`${output.paint('green', verbs.moved)}  ${nameOf({ candidate })}`)
        }
        drawBar(done, total)
      },
    })
    output.status('')
    return tell(report, verbs, isJson, output)
  } finally {
    output.status('')
    release()
  }
}

function tell(
  { transfers, problems }: Report,
  verbs: Verbs,
  isJson: boolean,
  output: Output,
): number {
  const moved = transfers.filter(({ outcome }) => outcome.kind === 'moved')
  const present = transfers.filter(({ outcome }) => outcome.kind === 'present').length
  const remaining = transfers.filter(({ outcome }) => outcome.kind === 'remaining').length
  const failed = transfers.flatMap(({ candidate, outcome }) =>
    outcome.kind === 'failed'
      ? [{ file: nameOf({ candidate }), key: candidate.receipt.key, problem: outcome.problem }]
      : [],
  )
  const bytes = moved.reduce((sum, { candidate }) => sum + candidate.receipt.bytes, 0)
  for (const { problem } of failed) output.problem(problem)
  for (const problem of problems) output.problem(problem)
  if (isJson) {
    output.json({
      version: 1,
      moved: moved.map(({ candidate }) => ({
        file: nameOf({ candidate }),
        key: candidate.receipt.key,
        bytes: candidate.receipt.bytes,
      })),
      present,
      failed: [
        ...failed.map(({ file, key, problem }) => ({
          file,
          key,
          message: output.clean(problem.message),
        })),
        ...problems.map(({ file, message }) => ({
          file,
          key: null,
          message: output.clean(message),
        })),
      ],
      remaining,
      bytes,
    })
  } else {
    const failures = failed.length + problems.length
    output.result(
      `${count(moved.length, 'picture')} ${verbs.moved} (${bytes} bytes), ${present} ${verbs.present}, ${failures} failed.`,
    )
  }
  if (remaining > 0) {
    output.logger.info(`${count(remaining, 'picture')} left. Run the same command to continue.`)
    return 130
  }
  return failed.length + problems.length > 0 ? 1 : 0
}

function nameOf({ candidate }: Pick<Transfer, 'candidate'>): string {
  return inOneLine(path.basename(candidate.file))
}
