import { compositeArgument } from './schema/operations/composite.ts'
import type { Field } from './schema/field.ts'
import { filterArguments } from './schema/operations/filter.ts'
import { geometryArguments } from './schema/operations/geometry.ts'
import { toneArguments } from './schema/operations/tone.ts'

/** The operations that take an argument and mean something without one, too. */
export const BARE_NAMES = [
  'trim',
  'rotate',
  'flip',
  'flop',
  'blur',
  'sharpen',
  'median',
  'gamma',
  'grayscale',
  'negate',
  'normalise',
  'threshold',
  'flatten',
  'ensureAlpha',
] as const

/** The operations that take no argument, with what they do. */
export const PLAIN_NAMES: Readonly<Record<PlainName, string>> = {
  unflatten: 'Makes white transparent.',
  removeAlpha: 'Takes the alpha channel away.',
}

export type PlainName = 'unflatten' | 'removeAlpha'

/** The operations that take an argument. */
export type ArguedName =
  | keyof typeof geometryArguments
  | keyof typeof toneArguments
  | keyof typeof filterArguments
  | 'composite'

/**
 * Every operation that takes an argument, with what it takes: as strictly as sharp itself, with two differences. Names
 * that sharp would pass over in silence are refused, and sides are bounded, so that no manifest can ask for more memory
 * than there is.
 */
export const operationArguments: Readonly<Record<ArguedName, Field>> = {
  ...geometryArguments,
  ...filterArguments,
  ...toneArguments,
  composite: compositeArgument,
}
