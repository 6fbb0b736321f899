import type { ArgsDef, ParsedArgs } from 'citty'
import { ImagegenError } from '../shared/errors.ts'
import type { Output } from './output.ts'

/** One command: what it takes, and what it does. */
export interface Command {
  readonly args: ArgsDef
  /** @returns the exit code. */
  run(args: ParsedArgs, output: Output): Promise<number>
}

/** The options that every command which reports has. */
export const JSON_OPTION: { readonly json: { type: 'boolean'; description: string } } = {
  json: { type: 'boolean', description: 'Print the result as JSON on standard output' },
}

/** A number that must be one. */
export function numberOption(args: ParsedArgs, name: string, least: number): number | undefined {
  const text: unknown = args[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (text !== '' && Number.isFinite(value) && value >= least) return value
  throw new ImagegenError('usage', {
    message: `\`--${name}\` is \`${String(text)}\`: expected a number of at least ${least}.`,
  })
}
