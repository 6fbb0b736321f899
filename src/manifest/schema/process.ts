import * as v from 'valibot'
import { PIXEL_LIMIT } from '../../pixels/sharp.ts'
import type { JsonValue } from '../../shared/hash.ts'
import { type Field, noted, strictMap } from './field.ts'
import { compositeArgument } from './operations/composite.ts'
import { filterArguments } from './operations/filter.ts'
import { geometryArguments } from './operations/geometry.ts'
import { toneArguments } from './operations/tone.ts'

/** The operations whose argument is optional. */
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

/** The operations without an argument, with their descriptions. */
export const PLAIN_NAMES: Readonly<Record<PlainName, string>> = {
  unflatten: 'Makes white transparent.',
  removeAlpha: 'Removes the alpha channel.',
}

export type PlainName = 'unflatten' | 'removeAlpha'

/** The operations that take an argument. */
export type ArguedName =
  | keyof typeof geometryArguments
  | keyof typeof toneArguments
  | keyof typeof filterArguments
  | 'composite'

/**
 * The schemas of all operations with an argument. They are as strict as sharp, with two differences: names that sharp
 * would silently ignore are refused, and sides are limited, so that no manifest can exhaust the memory.
 */
export const operationArguments: Readonly<Record<ArguedName, Field>> = {
  ...geometryArguments,
  ...filterArguments,
  ...toneArguments,
  composite: compositeArgument,
}

/** An operation's name as in sharp; only `colourspace` is called `toColourspace` there. */
export type OperationName = ArguedName | BareName

type BareName = (typeof BARE_NAMES)[number] | PlainName

/** `process` as written. Each operation is a name, a name with its argument, or a name with a list of arguments. */
export type ProcessSettings = ReadonlyArray<BareName | { readonly [Name in ArguedName]?: unknown }>

/** An operation in its normal form, which is hashed and applied. */
export interface Operation {
  readonly name: OperationName
  readonly args: readonly JsonValue[]
  /** The files of `composite`, in order. They are not hashed, because `args` holds their sha256. */
  readonly files?: readonly CompositeFile[]
}

/** A local file that `composite` puts on top of an image. */
export interface CompositeFile {
  /** Absolute. */
  readonly file: string
  readonly sha256: string
}

/** The path of a `composite` file as written, and its position in `process`. */
export interface CompositePath {
  readonly path: string
  /** The operation's index, from 0. */
  readonly operation: number
  /** The file's index within the operation, from 0. */
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
      'Operations of sharp, in order: a name, a name with its argument, or a name with a list of arguments.',
    default: [],
    examples: [['trim', { resize: { width: 64, kernel: 'nearest' } }, { rotate: 90 }]],
  },
)

/** Converts `process` as written into its normal form. */
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

/** Lists every file that `composite` names, as written. */
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
 * Replaces the path of every `composite` file with its sha256, so that a rendition's key depends on the bytes and not on
 * a path of this machine.
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
 * Finds arguments that sharp would refuse, or that need too much memory, and that JSON Schema cannot express because
 * they span two fields.
 *
 * @returns the index of each invalid operation, from 0, with a message.
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
      : `\`lower\` (${String(lower)}) must be less than \`upper\` (${String(upper)}).`
  }
  if (name === 'resize') {
    const width = Number(options['width'] ?? numberAt(args, 0))
    const height = Number(options['height'] ?? numberAt(args, 1))
    return width * height > PIXEL_LIMIT
      ? `${width}x${height} is more than the limit of ${PIXEL_LIMIT.toLocaleString('en')} pixels.`
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
