import * as v from 'valibot'
import type { JsonValue } from '../../shared/hash.ts'
import { type Field, field, integer, noted, strictMap, strictRecord } from './field.ts'
import { WRITTEN_NAME_PATTERN } from './names.ts'
import { type OutputSettings, outputSchema } from './output.ts'
import { type ProcessSettings, processSchema } from './process.ts'

/** A reference: its text alone, or with the type of what the model should keep. */
export type ReferenceSettings =
  | string
  | { readonly from: string; readonly type?: string | undefined }

const referenceText = noted(v.pipe(v.string(), v.minLength(1)), {
  description:
    'An image whose subject the model keeps: `./file.png`, `https://…`, `"#name"` (in quotes: a bare # starts a comment), `./other.image.yaml#name`, or `./hero.image.yaml`.',
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
          description:
            'What the model should keep of the image, such as `character`. Each model defines its own types.',
          default: 'character',
          examples: ['character'],
        }),
      ),
    }),
    v.metadata({ description: 'An image, and what the model should keep of it.' }),
  ),
])

/** `vars` as written. */
export type VarsSettings = Readonly<Record<string, string | number>>

/** `matrix` as written. */
export type MatrixSettings = Readonly<Record<string, ReadonlyArray<string | number>>>

const variableValue = v.union([v.string(), v.pipe(v.number(), v.finite())])
const variableName = v.pipe(
  v.string(),
  v.regex(
    /^(?!(?:__proto__|constructor|prototype)$)[\p{L}_][\p{L}\p{M}\p{N}_]*$/u,
    'a name of letters, digits and _ that starts with no digit',
  ),
)

/** Some variables of a matrix with their values: every combination that has all of them. */
export type CombinationSettings = Readonly<Record<string, string | number | boolean | null>>

export const varsSchema: v.GenericSchema<VarsSettings> = noted(
  strictRecord(variableName, variableValue),
  {
    description: 'Values for `${name}` in prompts. They override the `vars` of the options.',
    default: {},
    examples: [{ look: 'flat vector, muted palette' }],
  },
)

export const matrixSchema: v.GenericSchema<MatrixSettings> = noted(
  strictRecord(variableName, v.pipe(v.array(variableValue), v.minLength(1), v.maxLength(1000))),
  {
    description:
      'Lists of values. Every combination is a separate image; its name must contain the variables.',
    examples: [{ season: ['spring', 'winter'] }],
  },
)

/** `extends` as written. */
export type ExtendsSettings = string | readonly string[]

const manifestFile = v.pipe(v.string(), v.minLength(1))

const extendsField = v.exactOptional(
  noted(v.union([manifestFile, v.array(manifestFile)]), {
    description:
      'Other manifests, such as a style that many manifests share, by their path from this file. Their `defaults` and `vars` apply here; a later file overrides an earlier one, and this manifest overrides them all.',
    default: [],
    examples: [
      './styles/warm.image.yaml',
      ['./styles/base.image.yaml', './styles/night.image.yaml'],
    ],
  }),
)

/** The fields of one image, as written in a manifest. */
export interface ImageFields {
  readonly prompt?: string | undefined
  readonly alt?: string | undefined
  readonly model?: string | undefined
  readonly aspectRatio?: string | undefined
  readonly size?: string | undefined
  readonly seed?: number | undefined
  readonly n?: number | undefined
  /** A candidate's number from 1, or at least 8 hex digits of its SHA-256. */
  readonly pick?: number | string | undefined
  readonly references?: readonly ReferenceSettings[] | undefined
  readonly providerOptions?: Readonly<Record<string, JsonValue>> | undefined
  readonly revision?: number | undefined
  readonly source?: string | undefined
  readonly process?: ProcessSettings | undefined
  readonly output?: OutputSettings | undefined
}

/** Fields for some combinations of a matrix. */
export interface OverrideSettings extends ImageFields {
  readonly when: CombinationSettings
}

/** The fields of an entry, as written: of one image, or of all images of a matrix. */
export interface ImageSettings extends ImageFields {
  readonly matrix?: MatrixSettings | undefined
  /** Combinations that are left out. */
  readonly exclude?: readonly CombinationSettings[] | undefined
  /** Fields of some combinations; later ones win. */
  readonly overrides?: readonly OverrideSettings[] | undefined
}

/*
 * The single source of the validator and the JSON Schema. It uses only parts that JSON Schema can express. resolve.ts
 * checks what spans several fields or files: references, variables, cycles.
 */

const optionName = v.pipe(v.string(), v.regex(/^(?!(?:__proto__|constructor|prototype)$)/u))

/** Any JSON value, without keys that would reach an object's prototype in later code. */
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

/** One schema per field: a missing or an extra schema is a type error. */
type EntriesOf<Name extends keyof ImageSettings> = {
  readonly [One in Name]-?: Field<NonNullable<ImageSettings[One]>>
}

/** At least as many digits of a candidate's SHA-256 as its file name has. */
const PICKED_DIGEST = /^[0-9a-fA-F]{8,64}$/

const imageFields = {
  prompt: field(v.pipe(v.string(), v.minLength(1)), {
    description:
      'What the image shows. `${name}` inserts a value of `vars` or `matrix`; `$${` is a literal `${`.',
    examples: ['Portrait of Kira, a young cartographer, ${look}'],
  }),
  alt: field(v.string(), {
    description: 'The text alternative. `""` marks the image as decorative.',
    examples: ['Kira smiling at the camera'],
  }),
  model: field(v.pipe(v.string(), v.minLength(1)), {
    description: 'A key of the `models` option.',
    default: 'image-01',
    examples: ['image-01', 'image-01-live'],
  }),
  aspectRatio: field(
    v.pipe(
      v.string(),
      v.regex(/^[1-9][0-9]{0,3}:[1-9][0-9]{0,3}$/, 'two numbers and a colon, such as 16:9'),
    ),
    {
      description: 'Width to height. The model decides the size in pixels. Excludes `size`.',
      default: '1:1',
      examples: ['16:9', '3:2', '9:16'],
    },
  ),
  size: field(
    v.pipe(
      v.string(),
      v.regex(/^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$/, 'width and height in pixels, such as 1280x720'),
    ),
    {
      description: 'Width and height in pixels. Excludes `aspectRatio`.',
      examples: ['1280x720'],
    },
  ),
  seed: field(safeInteger, {
    description: 'The seed of the first candidate. By default, it is derived from the recipe.',
    examples: [7],
  }),
  n: field(integer(1, 100), {
    description: 'How many candidates to generate.',
    default: 1,
    examples: [4],
  }),
  pick: field(v.union([integer(1, 100), v.pipe(v.string(), v.regex(PICKED_DIGEST))]), {
    description:
      'Which candidate to use: its number from 1, or at least 8 hex digits of its SHA-256, in quotes. `imagegen pick` writes it.',
    default: 1,
    examples: [2, '9e107d9d'],
  }),
  references: field(v.pipe(v.array(referenceSchema), v.maxLength(16)), {
    description: 'Images whose subject the model keeps: files, URLs, or other images by name.',
    default: [],
    examples: [['#kira'], [{ from: './kira.png', type: 'character' }]],
  }),
  providerOptions: field(strictRecord(optionName, jsonSchema), {
    description:
      'Options for the model, which defines what it accepts. `image-01`: `promptOptimizer` and `watermark`; `image-01-live`: also `style: { type, weight }`.',
    default: {},
    examples: [{ promptOptimizer: true }],
  }),
  revision: field(safeInteger, {
    description: 'Any integer. Changing it generates a new image from the same prompt.',
    examples: [2],
  }),
  source: field(v.pipe(v.string(), v.minLength(1)), {
    description: 'An image file to use instead of generating one.',
    examples: ['./kira-final.png'],
  }),
  process: v.exactOptional(processSchema),
  output: v.exactOptional(outputSchema),
} satisfies EntriesOf<keyof ImageFields>

const combinationSchema: v.GenericSchema<CombinationSettings> = v.pipe(
  strictRecord(
    variableName,
    v.union([v.string(), v.pipe(v.number(), v.finite()), v.boolean(), v.null()]),
  ),
  v.minEntries(1),
)

/** The most rules of one kind: each is compared with every combination. */
const MOST_RULES = 1000

/** One of an image's `overrides`. */
export const overrideSchema: v.GenericSchema<OverrideSettings> = noted(
  strictMap({
    when: noted(combinationSchema, {
      description:
        'Variables of `matrix` with their values. The fields apply to every combination that has all of them.',
      examples: [{ season: 'winter' }],
    }),
    ...imageFields,
  }),
  { description: 'Fields for some combinations of `matrix`.' },
)

const matrixFields = {
  matrix: v.exactOptional(matrixSchema),
  exclude: field(v.pipe(v.array(combinationSchema), v.maxLength(MOST_RULES)), {
    description: 'Combinations of `matrix` that are left out; some of its variables are enough.',
    default: [],
    examples: [[{ place: 'forest', season: 'winter' }]],
  }),
  overrides: field(v.pipe(v.array(overrideSchema), v.maxLength(MOST_RULES)), {
    description:
      'Fields for some combinations of `matrix`. Later ones win. `imagegen reroll`, `adopt` and `pick` write them for one image.',
    default: [],
    examples: [[{ when: { season: 'winter' }, revision: 2 }]],
  }),
} satisfies EntriesOf<Exclude<keyof ImageSettings, keyof ImageFields>>

const imageEntries = {
  ...imageFields,
  ...matrixFields,
} satisfies EntriesOf<keyof ImageSettings>

/** One image of a manifest, as written. Every field is optional. */
export const imageSchema: v.GenericSchema<ImageSettings> = noted(strictMap(imageEntries), {
  description: 'An image.',
})

const defaultsField = v.exactOptional(
  noted(strictMap(imageEntries), {
    description:
      'Defaults for every image of this manifest, and of those that extend it. An image can override them.',
    default: {},
    examples: [{ aspectRatio: '16:9' }],
  }),
)

/** An image's name as written. */
export const writtenNameSchema: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.regex(WRITTEN_NAME_PATTERN),
)

/**
 * The top level of a style, or of a manifest with named images. The images themselves are validated one by one.
 */
export const frameSchema: v.GenericSchema<Frame> = strictMap({
  extends: extendsField,
  defaults: defaultsField,
  vars: v.exactOptional(varsSchema),
  images: v.exactOptional(strictRecord(v.string(), v.unknown())),
})

export interface Frame {
  readonly extends?: ExtendsSettings | undefined
  readonly defaults?: ImageSettings | undefined
  readonly vars?: VarsSettings | undefined
  readonly images?: Readonly<Record<string, unknown>> | undefined
}

const namedFormSchema = strictMap({
  extends: extendsField,
  defaults: defaultsField,
  vars: v.exactOptional(varsSchema),
  images: noted(strictRecord(writtenNameSchema, imageSchema), {
    description: 'The images by name. Every name becomes a named export.',
    examples: [{ kira: { prompt: 'Portrait of Kira', alt: 'Kira' } }],
  }),
})

/** A single-image manifest, whose image is the module's default export. */
export const singleFormSchema: v.GenericSchema<ImageFields & Pick<Frame, 'extends' | 'vars'>> =
  strictMap({
    ...imageFields,
    extends: extendsField,
    vars: v.exactOptional(varsSchema),
  })

/** The option `defaults`, which has the fields of an image. */
export const defaultsSchema: v.GenericSchema<ImageSettings> = strictMap(imageEntries)

/** A whole manifest, for the JSON Schema. A style has the fields of the first form without `images`. */
export const manifestSchema: v.GenericSchema = v.union([namedFormSchema, singleFormSchema])

/** Pairs of fields that exclude each other on one level. */
export const EXCLUSIVE_FIELDS: ReadonlyArray<readonly [keyof ImageSettings, keyof ImageSettings]> =
  [
    ['aspectRatio', 'size'],
    ['prompt', 'source'],
  ]
