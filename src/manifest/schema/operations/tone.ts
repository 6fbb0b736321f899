import * as v from 'valibot'
import { type Field, field, integer, numberWithin, strictMap } from '../field.ts'
import { LARGE, background, colourSchema, single } from './colour.ts'

const modulateOptions = strictMap({
  brightness: field(numberWithin(0, LARGE), {
    description: 'A factor.',
    default: 1,
    examples: [1.2],
  }),
  saturation: field(numberWithin(0, LARGE), {
    description: 'A factor.',
    default: 1,
    examples: [0.5],
  }),
  hue: field(integer(-36_000, 36_000), {
    description: 'Degrees to rotate the hue by.',
    default: 0,
    examples: [180],
  }),
  lightness: field(numberWithin(-LARGE, LARGE), {
    description: 'A value to add to the lightness, which ranges from 0 to 100.',
    default: 0,
    examples: [10],
  }),
})

const negateOptions = strictMap({
  alpha: field(v.boolean(), {
    description: 'Whether to negate the transparency as well.',
    default: true,
    examples: [false],
  }),
})

const normaliseOptions = strictMap({
  lower: field(numberWithin(0, 99), {
    description: 'Percentile below which pixels become black. Must be less than `upper`.',
    default: 1,
    examples: [2],
  }),
  upper: field(numberWithin(1, 100), {
    description: 'Percentile above which pixels become white.',
    default: 99,
    examples: [98],
  }),
})

const level = integer(0, 255)
const thresholdOptions = strictMap({
  greyscale: field(v.boolean(), {
    description: 'Whether to convert the image to grey first.',
    default: true,
    examples: [false],
  }),
  grayscale: field(v.boolean(), {
    description: 'Another spelling of `greyscale`.',
    default: true,
    examples: [false],
  }),
})

type ToneName =
  | 'gamma'
  | 'modulate'
  | 'tint'
  | 'grayscale'
  | 'negate'
  | 'normalise'
  | 'threshold'
  | 'flatten'
  | 'ensureAlpha'
  | 'colourspace'

/** The arguments of operations that change the colour of each pixel independently. */
export const toneArguments: Readonly<Record<ToneName, Field>> = {
  gamma: field(
    v.union([
      numberWithin(1, 3),
      v.strictTuple([numberWithin(1, 3)]),
      v.strictTuple([numberWithin(1, 3), numberWithin(1, 3)]),
    ]),
    {
      description:
        'Gamma correction: darkens by the first value, then brightens by the second (by default, the same). A `grayscale` or `resize` right after it runs in between.',
      default: 2.2,
      examples: [2.2, [2.2, 1.8]],
    },
  ),
  modulate: field(single(modulateOptions), {
    description: 'Changes brightness, saturation, hue and lightness.',
    examples: [{ brightness: 1.1, saturation: 0.8 }],
  }),
  tint: field(single(colourSchema), {
    description: 'Tints the image and keeps its luminance.',
    examples: ['#c8a060'],
  }),
  grayscale: field(single(v.boolean()), {
    description: 'Converts to shades of grey.',
    default: true,
    examples: [true],
  }),
  negate: field(single(v.union([v.boolean(), negateOptions])), {
    description: 'Produces the negative.',
    examples: [{ alpha: false }],
  }),
  normalise: field(single(normaliseOptions), {
    description: 'Stretches the luminance to the full range.',
    examples: [{ lower: 2, upper: 98 }],
  }),
  threshold: field(
    v.union([
      v.boolean(),
      level,
      v.strictTuple([v.union([v.boolean(), level])]),
      v.strictTuple([v.union([v.boolean(), level]), thresholdOptions]),
    ]),
    {
      description: 'Makes each pixel black or white. The threshold ranges from 0 to 255.',
      default: 128,
      examples: [128, [100, { greyscale: false }]],
    },
  ),
  flatten: field(
    single(
      v.union([
        v.boolean(),
        strictMap({ background: background('The background colour. By default, black.') }),
      ]),
    ),
    {
      description: 'Replaces transparency with a background colour.',
      examples: [{ background: '#fff' }],
    },
  ),
  ensureAlpha: field(single(numberWithin(0, 1)), {
    description: 'Adds an alpha channel if there is none, from 0 (transparent) to 1.',
    default: 1,
    examples: [0.5],
  }),
  colourspace: field(single(v.picklist(['srgb', 'b-w'])), {
    description: 'The colour space of the result: sRGB, or one channel of grey.',
    default: 'srgb',
    examples: ['b-w'],
  }),
}
