import { randomUUID } from 'node:crypto'
import { formatProblem, type ImagegenError, type Problem } from '../../shared/errors.ts'
import { errorCode } from '../../shared/files.ts'
import { redact, type Logger } from '../../shared/logger.ts'
import { printable, printableJson } from '../../shared/plain-text.ts'
import { fit, wrap } from './wrap.ts'

/** A command's output: results go to standard output, everything else to standard error. */
export interface Output {
  /** Prints the command's result as text. Lines that are wider than the terminal are broken between words. */
  result(text: string): void
  /** Prints a result that a program reads, such as a script, exactly as it is. */
  verbatim(text: string): void
  /** Prints the command's result as JSON. */
  json(value: object): void
  /** Logs progress and warnings. */
  readonly logger: Logger
  /** Prints the error that ended the command: as text, and also as JSON after `answerAsJson`. */
  fail(error: CommandError): void
  /** Makes `fail` print JSON as well. */
  answerAsJson(): void
  /** For commands that answer several times: each answer in JSON, also a failed one, is one line. */
  answerInLines(): void
  /** Prints a problem with one of many items. */
  problem(problem: Problem): void
  /** Sets the status in the last line of a terminal; `''` removes it. Does nothing without a terminal. */
  status(text: string): void
  /** The width of the terminal that shows results; `Infinity` where they go elsewhere. */
  readonly columns: number
  /** Whether results go to a terminal, where a person reads them. */
  readonly showsResults: boolean
  /** Whether the user can see the output and answer questions. */
  readonly isInteractive: boolean
  /** Colours a text if the terminal supports colours. */
  paint(colour: Colour, text: string): string
  /** Never prints these texts from now on. */
  conceal(secrets: readonly string[]): void
  /** Redacts concealed texts, for use with `json`. */
  clean(text: string): string
}

/** An error that ends a command: a user's mistake, or any other exception. */
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
  let isInLines = false
  // Marks colours with a random text, so that no other text can smuggle in escape sequences.
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
    stderr.write(`${wrap(shown(clean(text)), widthOf(stderr))}\n`)
    draw(status)
  }
  const json = (value: object): void => {
    hasAnswered = true
    stdout.write(`${printableJson(JSON.stringify(value, undefined, isInLines ? 0 : 2))}\n`)
  }
  const error = (text: string): void => say(`${paint('red', 'error')} ${text}`)
  return {
    result: (text) => void stdout.write(`${wrap(shown(text), widthOf(stdout))}\n`),
    verbatim: (text) => void stdout.write(text),
    json,
    logger: {
      info: say,
      warn: (message) => say(`${paint('yellow', 'warning')} ${message}`),
      error,
    },
    fail({ code, message, problems }) {
      error(message)
      if (!isJson || (hasAnswered && !isInLines)) return
      json({
        error: {
          code,
          message: clean(message),
          problems: problems.map(({ message: what, place, hint, through }) => ({
            message: clean(what),
            ...(place === undefined ? {} : { place: { ...place, frame: clean(place.frame) } }),
            ...(through === undefined ? {} : { through }),
            ...(hint === undefined ? {} : { hint: clean(hint) }),
          })),
        },
      })
    },
    answerAsJson() {
      isJson = true
    },
    answerInLines() {
      isInLines = true
    },
    problem: (problem) => error(formatProblem(problem)),
    status(text) {
      // A line that wraps cannot be drawn over.
      const line = fit(text, widthOf(stderr) - 1)
      draw(line)
      status = line
    },
    get columns() {
      return widthOf(stdout)
    },
    showsResults: stdout.isTTY,
    isInteractive,
    paint,
    conceal(more) {
      secrets = [...secrets, ...more]
    },
    clean,
  }
}

/** Terminals of unknown width report 0 columns. */
function widthOf({ isTTY, columns }: NodeJS.WriteStream): number {
  return isTTY && columns > 0 ? columns : Infinity
}

/** Ignores a closed pipe, as with `imagegen … | head`, so that paid work continues. */
function ignoreClosedPipe(error: Error): void {
  if (errorCode(error) !== 'EPIPE') throw error
}
