import type { Pipeline } from '../pipeline.ts'
import { ImagegenError } from '../shared/errors.ts'
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

type Shard = NonNullable<NonNullable<Parameters<Pipeline['select']>[2]>['shard']>

/** More machines than that nobody starts by hand. */
const MOST = 1000

/** The option of the commands that can do a part of the whole. */
export const SHARD_OPTION: { readonly shard: Option } = {
  shard: { value: 'I/N', about: 'only part I of N, which together are everything' },
}

/**
 * The part that somebody asks for.
 *
 * @throws ImagegenError with code `usage` where there is no such part.
 */
export function shardOf(given: Arguments): Shard | undefined {
  const text = given.text('shard')
  if (text === undefined) return undefined
  const [, index, count] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number)
  if (index !== undefined && count !== undefined && index >= 1 && index <= count && count <= MOST) {
    return { index, count }
  }
  throw new ImagegenError('usage', {
    message: `\`--shard\` is \`${text}\`: expected a part and how many there are, such as 3/10.`,
    hint: `Parts are counted from 1; there are ${MOST} at most.`,
  })
}
