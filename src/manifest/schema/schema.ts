import * as v from 'valibot'
import type { JsonValue } from '../../shared/hash.ts'
import { type Field, field, integer, noted, strictMap, strictRecord } from './field.ts'
import { WRITTEN_NAME_PATTERN } from './names.ts'
import { type OutputSettings, outputSchema } from './output.ts'
import { type ProcessSettings, processSchema } from './process.ts'
/** A reference, short or with the type of what should be kept. */
export type ReferenceSettings =
  | string
  | { readonly from: string; readonly type?: string | undefined }

const referenceText = noted(v.pipe(v.string(), v.minLength(1)), {
  description:
    'A picture to keep to: `./file.png`, `https://…`, `"#name"` (in quotes: a bare # starts a comment), `./other.image.yaml#name`, or `./hero.image.yaml`.',
  examples: ['#kira', './kira.png'],
})

/** One of an image's `references`. */
export const referenceSchema: v.GenericSchema<ReferenceSettings> = v.union([
  referenceText,
  v.pipe(
    strictMap({
      from: referenceText,
      type: v.exactOptional(
        noted(v.pipe(v.string(), v.minLength(1)), {
          description: 'What the model should keep of the picture, in its own words.',
          default: 'character',
          examples: ['character'],
        }),
      ),
    }),
    v.metadata({ description: 'A picture to keep to, and what to keep of it.' }),
  ),
])

/** `vars` as written. */
export type VarsSettings = Readonly<Record<string, string | number>>

/** `matrix` as written. */
export type MatrixSettings = Readonly<Record<string, ReadonlyArray<string | number>>>

const variableValue = v.union([v.string(), v.pipe(v.number(), v.finite())])
const variableName = v.pipe(
  v.string(),
  v.regex(/^(?!(?:__proto__|constructor|prototype)$)[\p{L}_][\p{L}\p{M}\p{N}_]*$/u),
)

export const varsSchema: v.GenericSchema<VarsSettings> = noted(
  strictRecord(variableName, variableValue),
  {
    description: 'Values for `${name}` in prompts. They win over the `vars` of the options.',
    default: {},
    examples: [{ look: 'flat vector, muted palette' }],
  },
)

export const matrixSchema: v.GenericSchema<MatrixSettings> = noted(
  strictRecord(variableName, v.pipe(v.array(variableValue), v.minLength(1), v.maxLength(1000))),
  {
    description:
      'Lists of values. Every combination is an image of its own; its name holds the variables.',
    examples: [{ season: ['spring', 'winter'] }],
  },
)

/** The fields of an image as a manifest has them. */
export interface ImageSettings {
  readonly prompt?: string | undefined
  readonly alt?: string | undefined
  readonly model?: string | undefined
  readonly aspectRatio?: string | undefined
  readonly size?: string | undefined
  readonly seed?: number | undefined
  readonly n?: number | undefined
  readonly pick?: number | undefined
  readonly references?: readonly ReferenceSettings[] | undefined
  readonly providerOptions?: Readonly<Record<string, JsonValue>> | undefined
  readonly revision?: number | undefined
  readonly source?: string | undefined
  readonly process?: ProcessSettings | undefined
  readonly output?: OutputSettings | undefined
  readonly matrix?: MatrixSettings | undefined
}

/*
 * The one source of the validator and of the JSON Schema. It is built only from parts that JSON Schema can express;
 * what spans several fields or files (references, variables, cycles) is the business of resolve.ts.
 */

const optionName = v.pipe(v.string(), v.regex(/^(?!(?:__proto__|constructor|prototype)$)/u))

/** Any JSON, but for names that would reach an object's prototype further on. */
export const jsonSchema: v.GenericSchema<JsonValue> = v.union([
  v.null(),
  v.string(),
  v.pipe(v.number(), v.finite()),
  v.boolean(),
  v.array(v.lazy(() => jsonSchema)),
  strictRecord(
    optionName,
    v.lazy(() => jsonSchema),
  ),
])

const safeInteger = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)

/** A schema for every field, and no schema without its field: either alone is a type error. */
type EntriesOf<Name extends keyof ImageSettings> = {
  readonly [One in Name]-?: Field<NonNullable<ImageSettings[One]>>
}

const imageFields = {
  prompt: field(v.pipe(v.string(), v.minLength(1)), {
    description:
      'What the picture shows. `${name}` takes from `vars` and `matrix`; `$${` is a literal `${`.',
    examples: ['Portrait of Kira, a young cartographer, ${look}'],
  }),
  alt: field(v.string(), {
    description: 'The text alternative. `""` says that the picture is decoration.',
    examples: ['Kira smiling at the camera'],
  }),
  model: field(v.pipe(v.string(), v.minLength(1)), {
    description: 'A key of the `models` option.',
    default: 'image-01',
    examples: ['image-01', 'image-01-live'],
  }),
  aspectRatio: field(v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,3}:[1-9][0-9]{0,3}$/)), {
    description: 'Width to height. The model decides the pixels. Not together with `size`.',
    default: '1:1',
    examples: ['16:9', '3:2', '9:16'],
  }),
  size: field(v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$/)), {
    description: 'Width and height in pixels. Not together with `aspectRatio`.',
    examples: ['1280x720'],
  }),
  seed: field(safeInteger, {
    description: 'The seed of the first candidate. Left out, one is derived from the recipe.',
    examples: [7],
  }),
  n: field(integer(1, 100), {
    description: 'How many candidates to have.',
    default: 1,
    examples: [4],
  }),
  pick: field(integer(1, 100), {
    description: 'Which candidate is used, counted from 1.',
    default: 1,
    examples: [2],
  }),
  references: field(v.pipe(v.array(referenceSchema), v.maxLength(16)), {
    description: 'Pictures whose subject is kept: files, URLs, or other images by name.',
    default: [],
    examples: [['#kira'], [{ from: './kira.png', type: 'character' }]],
  }),
  providerOptions: field(strictRecord(optionName, jsonSchema), {
    description:
      'Handed to the model, which says what it takes. `image-01`: `promptOptimizer` and `watermark`; `image-01-live`: `style: { type, weight }` too.',
    default: {},
    examples: [{ promptOptimizer: true }],
  }),
  revision: field(safeInteger, {
    description: 'Any integer. A new one asks for a new picture from the same prompt.',
    examples: [2],
  }),
  source: field(v.pipe(v.string(), v.minLength(1)), {
    description: 'A file made by hand, used in place of generating one.',
    examples: ['./kira-final.png'],
  }),
  process: v.exactOptional(processSchema),
  output: v.exactOptional(outputSchema),
} satisfies EntriesOf<Exclude<keyof ImageSettings, 'matrix'>>

const imageEntries = {
  ...imageFields,
  matrix: v.exactOptional(matrixSchema),
} satisfies EntriesOf<keyof ImageSettings>

/** One image of a manifest as written: every field may be left out. */
export const imageSchema: v.GenericSchema<ImageSettings> = noted(strictMap(imageEntries), {
  description: 'An image.',
})

const defaultsField = v.exactOptional(
  noted(strictMap(imageEntries), {
    description: 'What holds for every image of this manifest that does not say otherwise.',
    default: {},
    examples: [{ aspectRatio: '16:9' }],
  }),
)

/** An image's name as written. */
export const writtenNameSchema: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.regex(WRITTEN_NAME_PATTERN),
)

/** What stands around the images of the form with names; the images themselves are checked one by one. */
export const frameSchema: v.GenericSchema<Frame> = strictMap({
  defaults: defaultsField,
  vars: v.exactOptional(varsSchema),
  images: strictRecord(v.string(), v.unknown()),
})

export interface Frame {
  readonly defaults?: ImageSettings | undefined
  readonly vars?: VarsSettings | undefined
  readonly images: Readonly<Record<string, unknown>>
}

const namedFormSchema = strictMap({
  defaults: defaultsField,
  vars: v.exactOptional(varsSchema),
  images: noted(strictRecord(writtenNameSchema, imageSchema), {
    description: 'The images by name. Every name is a named export.',
    examples: [{ kira: { prompt: 'Portrait of Kira', alt: 'Kira' } }],
  }),
})

/** The form with one image at the top, which is the module's default export. */
export const singleFormSchema: v.GenericSchema<ImageSettings & Pick<Frame, 'vars'>> = strictMap({
  ...imageFields,
  vars: v.exactOptional(varsSchema),
})

/** The `defaults` of the options: an image's fields. */
export const defaultsSchema: v.GenericSchema<ImageSettings> = strictMap(imageEntries)

/** A whole manifest, for the JSON Schema. */
export const manifestSchema: v.GenericSchema = v.union([namedFormSchema, singleFormSchema])

/** Fields of which an image has at most one, on one level. */
export const EXCLUSIVE_FIELDS: ReadonlyArray<readonly [keyof ImageSettings, keyof ImageSettings]> =
  [
    ['aspectRatio', 'size'],
    ['prompt', 'source'],
  ]
