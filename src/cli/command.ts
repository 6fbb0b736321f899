import type { Arguments, Option, Taken } from './terminal/arguments.ts'
import type { Output } from './terminal/output.ts'

/** One command: what it takes, and what it does. */
export interface Command extends Taken {
  /** @returns the exit code. */
  run(given: Arguments, output: Output): Promise<number>
}

/** Which images a command is about. */
export const IMAGES: NonNullable<Taken['operands']> = {
  usage: '[ID or glob …]',
  least: 0,
  most: Infinity,
}

/** The option of every command that reports. */
export const JSON_OPTION: { readonly json: Option } = {
  json: { about: 'print the result as JSON on standard output' },
}
