import type { Shard } from '../pipeline.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { Arguments, Documented, Option, Taken } from './terminal/arguments.ts'
import type { Output } from './terminal/output.ts'

/** A command with its operands, options and examples. */
export interface Command extends Documented {
  /** @returns the exit code. */
  run(given: Arguments, output: Output): Promise<number>
}

/** The operands of commands that work on selected images. */
export const IMAGES: NonNullable<Taken['operands']> = {
  usage: '[ID or glob …]',
  least: 0,
  most: Infinity,
}

/** The option of every command that prints a result. */
export const JSON_OPTION: { readonly json: Option } = {
  json: { about: 'print the result as JSON on standard output' },
}

/** The most shards. */
const MOST = 1000

/** The option of commands that can work on one shard. */
export const SHARD_OPTION: { readonly shard: Option } = {
  shard: { value: 'I/N', about: 'only part I of N parts' },
}

/**
 * Parses `--shard`.
 *
 * @throws ImagegenError with code `usage` if there is no such part.
 */
export function shardOf(given: Arguments): Shard | undefined {
  const text = given.text('shard')
  if (text === undefined) return undefined
  const [, index, count] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number)
  if (index !== undefined && count !== undefined && index >= 1 && index <= count && count <= MOST) {
    return { index, count }
  }
  throw new ImagegenError('usage', {
    message: `\`--shard\` is \`${text}\`: expected a part and the number of parts, such as 3/10.`,
    hint: `Parts are counted from 1. The most parts are ${MOST}.`,
  })
}
