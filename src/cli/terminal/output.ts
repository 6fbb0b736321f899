import { randomUUID } from 'node:crypto'
import { formatProblem, type ImagegenError, type Problem } from '../../shared/errors.ts'
import { errorCode } from '../../shared/files.ts'
import { redact, type Logger } from '../../shared/logger.ts'
import { printable, printableJson } from '../../shared/plain-text.ts'

/** Where a command's words go: results to standard output, everything else to standard error. */
export interface Output {
  /** What the command was asked for. */
  result(text: string): void
  /** The same for programs. */
  json(value: object): void
  /** What happens meanwhile. */
  readonly logger: Logger
  /** What ended the command: a problem for people, and for programs where the answer was to be JSON. */
  fail(error: CommandError): void
  /** From now on the answer is JSON, an error too. */
  answerAsJson(): void
  /** What went wrong with one thing of many. */
  problem(problem: Problem): void
  /** The last line of a terminal, which changes; nothing elsewhere. `''` removes it. */
  status(text: string): void
  /** Whether a person looks on and can answer. */
  readonly isInteractive: boolean
  /** Colours where they are wanted. */
  paint(colour: Colour, text: string): string
  /** From now on these are printed nowhere. */
  conceal(secrets: readonly string[]): void
  /** Text from elsewhere without what is concealed, for `json`. */
  clean(text: string): string
}

/** What ends a command: a user's mistake, or whatever else was thrown. */
export type CommandError = Pick<ImagegenError, 'message' | 'problems'> & { readonly code: string }

export type Colour = 'green' | 'yellow' | 'red' | 'dim'

const CODES: Record<Colour, readonly [number, number]> = {
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  dim: [2, 22],
}

export function createOutput({ stdin, stdout, stderr, env }: NodeJS.Process): Output {
  let secrets: readonly string[] = []
  let status = ''
  let isJson = false
  let hasAnswered = false
  // Colours pass the door as this, which nobody else can write.
  const seal = randomUUID()
  const colours = new RegExp(`${seal}(\\d+)m`, 'g')
  const isColoured = stdout.isTTY && stderr.isTTY && (env['NO_COLOR'] ?? '') === ''
  const isInteractive = stdin.isTTY && stderr.isTTY
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedPipe)

  const paint = (colour: Colour, text: string): string => {
    const [start, end] = CODES[colour]
    return isColoured ? `${seal}${start}m${text}${seal}${end}m` : text
  }
  const clean = (text: string): string => redact(text, secrets)
  const shown = (text: string): string => printable(text).replaceAll(colours, '\u001b[$1m')
  const draw = (text: string): void => {
    if (!isInteractive || (text === '' && status === '')) return
    stderr.write(`\r${text.padEnd(status.length)}${text === '' ? '\r' : ''}`)
  }
  const say = (text: string): void => {
    draw('')
    stderr.write(`${shown(clean(text))}\n`)
    draw(status)
  }
  const json = (value: object): void => {
    hasAnswered = true
    stdout.write(`${printableJson(JSON.stringify(value, undefined, 2))}\n`)
  }
  const error = (text: string): void => say(`${paint('red', 'error')} ${text}`)
  return {
    result: (text) => void stdout.write(`${shown(text)}\n`),
    json,
    logger: {
      info: say,
      warn: (message) => say(`${paint('yellow', 'warning')} ${message}`),
      error,
    },
    fail({ code, message, problems }) {
      error(message)
      if (!isJson || hasAnswered) return
      json({
        error: {
          code,
          message: clean(message),
          problems: problems.map(({ message: what, place, hint }) => ({
            message: clean(what),
            ...(place === undefined ? {} : { place: { ...place, frame: clean(place.frame) } }),
            ...(hint === undefined ? {} : { hint: clean(hint) }),
          })),
        },
      })
    },
    answerAsJson() {
      isJson = true
    },
    problem: (problem) => error(formatProblem(problem)),
    status(text) {
      draw(text)
      status = text
    },
    isInteractive,
    paint,
    conceal(more) {
      secrets = [...secrets, ...more]
    },
    clean,
  }
}

/** Who reads through `head` has gone before the end. Work that is paid for goes on. */
function ignoreClosedPipe(error: Error): void {
  if (errorCode(error) !== 'EPIPE') throw error
}
