import * as v from 'valibot'
import type { JsonValue } from '../shared/hash.ts'
import { WRITTEN_NAME_PATTERN } from './names.ts'
import { outputSchema, type OutputSettings } from './output.ts'
import { processSchema, type ProcessSettings } from './process.ts'

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
  readonly matrix?: Readonly<Record<string, ReadonlyArray<string | number>>> | undefined
}

/** A reference, short or with the type of what should be kept. */
export type ReferenceSettings = string | { readonly from: string; readonly type?: string | undefined }

/*
 * The one source of the validator and of the JSON Schema. It is built only from parts that JSON Schema can express;
 * what spans several fields or files (references, variables, cycles) is the business of resolve.ts.
 */

const jsonSchema: v.GenericSchema<JsonValue> = v.lazy(() =>
  v.union([
    v.null(),
    v.string(),
    v.pipe(v.number(), v.finite()),
    v.boolean(),
    v.array(jsonSchema),
    v.record(v.string(), jsonSchema),
  ]),
)

const variableValue = v.union([v.string(), v.pipe(v.number(), v.finite())])
const variableName = v.pipe(v.string(), v.regex(/^[\p{L}_][\p{L}\p{M}\p{N}_]*$/u))

const referenceText = v.pipe(
  v.string(),
  v.minLength(1),
  v.metadata({
    description:
      'A picture to keep to: `./file.png`, `https://…`, `"#name"` (in quotes: a bare # starts a comment), `./other.image.yaml#name`, or `./hero.image.yaml`.',
    examples: ['#kira', './kira.png'],
  }),
)

const referenceSchema = v.union([
  referenceText,
  v.pipe(
    v.strictObject({
      from: referenceText,
      type: v.optional(
        v.pipe(
          v.string(),
          v.minLength(1),
          v.metadata({
            description: 'What the model should keep of the picture. MiniMax knows `character`.',
            default: 'character',
            examples: ['character'],
          }),
        ),
      ),
    }),
    v.metadata({ description: 'A picture to keep to, and what to keep of it.' }),
  ),
])

const varsSchema = v.pipe(
  v.record(variableName, variableValue),
  v.metadata({
    description: 'Values for `${name}` in prompts. They win over the `vars` of the options.',
    default: {},
    examples: [{ look: 'flat vector, muted palette' }],
  }),
)

const imageFields = {
  prompt: v.optional(
    v.pipe(
      v.string(),
      v.minLength(1),
      v.metadata({
        description:
          'What the picture shows. `${name}` takes from `vars` and `matrix`; `$${` is a literal `${`.',
        examples: ['Portrait of Kira, a young cartographer, ${look}'],
      }),
    ),
  ),
  alt: v.optional(
    v.pipe(
      v.string(),
      v.metadata({
        description: 'The text alternative. `""` says that the picture is decoration.',
        examples: ['Kira smiling at the camera'],
      }),
    ),
  ),
  model: v.optional(
    v.pipe(
      v.string(),
      v.minLength(1),
      v.metadata({
        description: 'A key of the `models` option.',
        default: 'image-01',
        examples: ['image-01', 'image-01-live'],
      }),
    ),
  ),
  aspectRatio: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[1-9][0-9]{0,3}:[1-9][0-9]{0,3}$/),
      v.metadata({
        description: 'Width to height. The model decides the pixels. Not together with `size`.',
        default: '1:1',
        examples: ['16:9', '3:2', '9:16'],
      }),
    ),
  ),
  size: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$/),
      v.metadata({
        description: 'Width and height in pixels. Not together with `aspectRatio`.',
        examples: ['1280x720'],
      }),
    ),
  ),
  seed: v.optional(
    v.pipe(
      v.number(),
      v.safeInteger(),
      v.minValue(Number.MIN_SAFE_INTEGER),
      v.maxValue(Number.MAX_SAFE_INTEGER),
      v.metadata({
        description: 'The seed of the first candidate. Left out, one is derived from the recipe.',
        examples: [7],
      }),
    ),
  ),
  n: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(100),
      v.metadata({ description: 'How many candidates to have.', default: 1, examples: [4] }),
    ),
  ),
  pick: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(100),
      v.metadata({
        description: 'Which candidate is used, counted from 1.',
        default: 1,
        examples: [2],
      }),
    ),
  ),
  references: v.optional(
    v.pipe(
      v.array(referenceSchema),
      v.maxLength(16),
      v.metadata({
        description: 'Pictures whose subject is kept: files, URLs, or other images by name.',
        default: [],
        examples: [['#kira'], [{ from: './kira.png', type: 'character' }]],
      }),
    ),
  ),
  providerOptions: v.optional(
    v.pipe(
      v.record(v.string(), jsonSchema),
      v.metadata({
        description:
          'Handed to the model. MiniMax takes `promptOptimizer`, `watermark` and `style: { type, weight }`.',
        default: {},
        examples: [{ promptOptimizer: true }],
      }),
    ),
  ),
  revision: v.optional(
    v.pipe(
      v.number(),
      v.safeInteger(),
      v.minValue(Number.MIN_SAFE_INTEGER),
      v.maxValue(Number.MAX_SAFE_INTEGER),
      v.metadata({
        description: 'Any integer. A new one asks for a new picture from the same prompt.',
        examples: [2],
      }),
    ),
  ),
  source: v.optional(
    v.pipe(
      v.string(),
      v.minLength(1),
      v.metadata({
        description: 'A file made by hand, used in place of generating one.',
        examples: ['./kira-final.png'],
      }),
    ),
  ),
  process: v.optional(processSchema),
  output: v.optional(outputSchema),
}

const matrixField = {
  matrix: v.optional(
    v.pipe(
      v.record(variableName, v.pipe(v.array(variableValue), v.minLength(1), v.maxLength(1000))),
      v.metadata({
        description:
          'Lists of values. Every combination is an image of its own; its name holds the variables.',
        examples: [{ season: ['spring', 'winter'] }],
      }),
    ),
  ),
}

const imageEntries = { ...imageFields, ...matrixField }

/** One image of a manifest as written: every field may be left out. */
export const imageSchema: v.GenericSchema<ImageSettings> = v.pipe(
  v.strictObject(imageEntries),
  v.metadata({ description: 'An image.' }),
)

const defaultsField = v.optional(
  v.pipe(
    v.strictObject(imageEntries),
    v.metadata({
      description: 'What holds for every image of this manifest that does not say otherwise.',
      default: {},
      examples: [{ aspectRatio: '16:9' }],
    }),
  ),
)

/** An image's name as written. */
export const writtenNameSchema: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.regex(WRITTEN_NAME_PATTERN),
)

/** What stands around the images of the form with names; the images themselves are checked one by one. */
export const frameSchema: v.GenericSchema<Frame> = v.strictObject({
  defaults: defaultsField,
  vars: v.optional(varsSchema),
  images: v.record(v.string(), v.unknown()),
})

export interface Frame {
  readonly defaults?: ImageSettings | undefined
  readonly vars?: Readonly<Record<string, string | number>> | undefined
  readonly images: Readonly<Record<string, unknown>>
}

const namedFormSchema = v.strictObject({
  defaults: defaultsField,
  vars: v.optional(varsSchema),
  images: v.pipe(
    v.record(writtenNameSchema, imageSchema),
    v.metadata({
      description: 'The images by name. Every name is a named export.',
      examples: [{ kira: { prompt: 'Portrait of Kira', alt: 'Kira' } }],
    }),
  ),
})

/** The form with one image at the top, which is the module's default export. */
export const singleFormSchema: v.GenericSchema<
  ImageSettings & Pick<Frame, 'vars'>
> = v.strictObject({ ...imageFields, vars: v.optional(varsSchema) })

/** The `defaults` of the options: an image's fields. */
export const defaultsSchema: v.GenericSchema<ImageSettings> = v.strictObject(imageEntries)

/** A whole manifest, for the JSON Schema. */
export const manifestSchema: v.GenericSchema = v.union([namedFormSchema, singleFormSchema])

/** Fields of which an image has at most one, on one level. */
export const EXCLUSIVE_FIELDS: ReadonlyArray<readonly [keyof ImageSettings, keyof ImageSettings]> =
  [
    ['aspectRatio', 'size'],
    ['prompt', 'source'],
  ]

/** The names of all fields of an image. */
export const IMAGE_FIELD_NAMES: readonly string[] = Object.keys(imageEntries)
