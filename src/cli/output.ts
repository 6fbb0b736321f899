import type { ImagegenError } from '../shared/errors.ts'
import type { Logger } from '../shared/logger.ts'

/** Where a command's words go: results to standard output, everything else to standard error. */
export interface Output {
  /** What the command was asked for. */
  result(text: string): void
  /** What happens meanwhile. */
  readonly logger: Logger
  fail(error: ImagegenError): void
  /** Whether a person looks on and can answer. */
  readonly isInteractive: boolean
  /** Colours where they are wanted. */
  paint(colour: Colour, text: string): string
}

export type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold'

const CODES: Record<Colour, readonly [number, number]> = {
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  dim: [2, 22],
  bold: [1, 22],
}

export function createOutput({ stdin, stdout, stderr, env }: NodeJS.Process): Output {
  const isColoured = stdout.isTTY && stderr.isTTY && (env['NO_COLOR'] ?? '') === ''
  const paint = (colour: Colour, text: string): string => {
    const [start, end] = CODES[colour]
    return isColoured ? `\u001b[${start}m${text}\u001b[${end}m` : text
  }
  const say = (text: string): void => void stderr.write(`${text}\n`)
  return {
    result: (text) => void stdout.write(`${text}\n`),
    logger: {
      info: say,
      warn: (message) => say(`${paint('yellow', 'warning')} ${message}`),
      error: (message) => say(`${paint('red', 'error')} ${message}`),
    },
    fail: (error) => say(`${paint('red', 'error')} ${error.message}`),
    isInteractive: stdin.isTTY && stderr.isTTY,
    paint,
  }
}
