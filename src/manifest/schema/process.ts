import * as v from 'valibot'
import { PIXEL_LIMIT } from '../../pixels/sharp.ts'
import type { JsonValue } from '../../shared/hash.ts'
import { type Field, noted, strictMap } from './field.ts'
import { compositeArgument } from './operations/composite.ts'
import { filterArguments } from './operations/filter.ts'
import { geometryArguments } from './operations/geometry.ts'
import { toneArguments } from './operations/tone.ts'
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

/** The name of an operation, which is sharp's; only `colourspace` is `toColourspace` there. */
export type OperationName = ArguedName | BareName

type BareName = (typeof BARE_NAMES)[number] | PlainName

/** `process` as written: each operation a name, a name with its argument, or a name with the list of its arguments. */
export type ProcessSettings = ReadonlyArray<BareName | { readonly [Name in ArguedName]?: unknown }>

/** One operation in the one form in which it is hashed and applied. */
export interface Operation {
  readonly name: OperationName
  readonly args: readonly JsonValue[]
  /** Where the pictures of `composite` lie, in their order. No part of what is hashed: their sha256 is in `args`. */
  readonly files?: readonly CompositeFile[]
}

/** A local file that is put on top of a picture. */
export interface CompositeFile {
  /** Absolute. */
  readonly file: string
  readonly sha256: string
}

/** The path of a `composite` file as written, and where in `process` it stands. */
export interface CompositePath {
  readonly path: string
  /** From 0. */
  readonly operation: number
  /** From 0, among the pictures of that operation. */
  readonly image: number
}

export const processSchema: v.GenericSchema<ProcessSettings> = noted(
  v.pipe(
    v.array(
      v.union([
        v.picklist(BARE_NAMES),
        ...Object.entries(PLAIN_NAMES).map(([name, description]) =>
          noted(v.picklist([name as PlainName]), { description, examples: [name] }),
        ),
        v.pipe(strictMap(operationArguments), v.minEntries(1), v.maxEntries(1)),
      ]),
    ),
    v.maxLength(64),
  ),
  {
    description:
      'Operations of sharp in order: a name, a name with its argument, or a name with its list of arguments.',
    default: [],
    examples: [['trim', { resize: { width: 64, kernel: 'nearest' } }, { rotate: 90 }]],
  },
)

/** Brings the spellings of `process` into one form. */
export function normaliseProcess(process: ProcessSettings | undefined): readonly Operation[] {
  return (process ?? []).flatMap((written): Operation[] => {
    if (typeof written === 'string') return [{ name: written, args: [] }]
    return Object.entries(written)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ({
        name: name as OperationName,
        args: argumentsOf(name as OperationName, value as JsonValue),
      }))
  })
}

function argumentsOf(name: OperationName, value: JsonValue): readonly JsonValue[] {
  // The one argument of `composite` is itself a list.
  if (name === 'composite') return [Array.isArray(value) ? value : [value]]
  return Array.isArray(value) ? value : [value]
}

/** Every file that `composite` names, as written. */
export function compositeFiles(operations: readonly Operation[]): readonly CompositePath[] {
  return operations.flatMap((operation, index) =>
    compositeImages(operation).map(({ input }, image) => ({
      path: String(input),
      operation: index,
      image,
    })),
  )
}

/**
 * Puts the sha256 of every `composite` file in the place of its path, so that a rendition's key follows the bytes and
 * knows no path of this machine.
 */
export function withCompositeFiles(
  operations: readonly Operation[],
  resolve: (path: string) => CompositeFile,
): readonly Operation[] {
  return operations.map((operation) => {
    const images = compositeImages(operation)
    if (images.length === 0) return operation
    const files = images.map(({ input }) => resolve(String(input)))
    const args = [images.map((image, index) => ({ ...image, input: files[index]?.sha256 ?? '' }))]
    return { name: operation.name, args, files }
  })
}

function compositeImages(
  operation: Operation,
): ReadonlyArray<Record<string, JsonValue | undefined>> {
  const [images] = operation.args
  return operation.name === 'composite' && Array.isArray(images)
    ? (images as Array<Record<string, JsonValue | undefined>>)
    : []
}

/**
 * What sharp would refuse, or memory does not hold, and JSON Schema cannot say because it spans two fields.
 *
 * @returns the operation's index, from 0, and what is wrong with it.
 */
export function processProblems(
  operations: readonly Operation[],
): ReadonlyArray<{ readonly operation: number; readonly message: string }> {
  return operations.flatMap((operation, index) => {
    const message = problemOf(operation)
    return message === undefined ? [] : [{ operation: index, message }]
  })
}

function problemOf({ name, args }: Operation): string | undefined {
  const options = optionsOf(args)
  if (name === 'normalise') {
    const { lower = 1, upper = 99 } = options
    return Number(lower) < Number(upper)
      ? undefined
      : `\`lower\` (${String(lower)}) has to be less than \`upper\` (${String(upper)}).`
  }
  if (name === 'resize') {
    const width = Number(options['width'] ?? numberAt(args, 0))
    const height = Number(options['height'] ?? numberAt(args, 1))
    return width * height > PIXEL_LIMIT
      ? `${width}x${height} is more than the ${PIXEL_LIMIT.toLocaleString('en')} pixels that a picture may have.`
      : undefined
  }
  return undefined
}

function optionsOf(args: readonly JsonValue[]): Readonly<Record<string, JsonValue | undefined>> {
  const last = args.at(-1)
  return typeof last === 'object' && last !== null && !Array.isArray(last) ? last : {}
}

function numberAt(args: readonly JsonValue[], index: number): number {
  const value = args[index]
  return typeof value === 'number' ? value : 0
}
