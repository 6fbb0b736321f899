import * as v from 'valibot'
import { SIDE_LIMIT } from '../pixels/sharp.ts'
import { colourSchema } from './colour.ts'
import { field, integer, noted, numberWithin, type Field } from './field.ts'
import { fitSchema, gravitySchema, positionSchema } from './placing.ts'
import { strictMap } from './strict-map.ts'

/*
 * What each operation takes, as strictly as sharp itself, with two differences: names that sharp would pass over in
 * silence are refused, and sides are bounded, so that no manifest can ask for more memory than there is.
 */

/** The operations that mean something without an argument. */
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
  'unflatten',
  'removeAlpha',
  'ensureAlpha',
] as const

const BLENDS = [
  'clear',
  'source',
  'over',
  'in',
  'out',
  'atop',
  'dest',
  'dest-over',
  'dest-in',
  'dest-out',
  'dest-atop',
  'xor',
  'add',
  'saturate',
  'multiply',
  'screen',
  'overlay',
  'darken',
  'lighten',
  'colour-dodge',
  'color-dodge',
  'colour-burn',
  'color-burn',
  'hard-light',
  'soft-light',
  'difference',
  'exclusion',
] as const

const KERNELS = [
  'nearest',
  'linear',
  'cubic',
  'mitchell',
  'lanczos2',
  'lanczos3',
  'mks2013',
  'mks2021',
] as const

/** Far beyond every useful value, and finite. */
const LARGE = 1_000_000

const side = integer(1, SIDE_LIMIT)
const offset = integer(0, SIDE_LIMIT)
const sideOrNot = v.union([side, v.null()])
const background = (description: string) =>
  field(colourSchema, { description, examples: ['#fff', 'transparent', { r: 0, g: 0, b: 0 }] })

/** One argument, plain or as a list of one. */
function single<Schema extends v.GenericSchema>(schema: Schema): v.GenericSchema {
  return v.union([schema, v.strictTuple([schema])])
}

const resizeOptions = strictMap({
  width: field(side, { description: 'Pixels.', examples: [64] }),
  height: field(side, { description: 'Pixels.', examples: [64] }),
  fit: field(fitSchema, {
    description: 'How the picture is brought into width and height.',
    default: 'cover',
    examples: ['contain'],
  }),
  position: field(positionSchema, {
    description: 'What is kept with `cover`, or where the picture stands with `contain`.',
    default: 'centre',
    examples: ['attention', 'north'],
  }),
  background: background('The colour around the picture with `contain`.'),
  kernel: field(v.picklist(KERNELS), {
    description: 'How pixels are interpolated; `nearest` keeps pixel art crisp.',
    default: 'lanczos3',
    examples: ['nearest'],
  }),
  withoutEnlargement: field(v.boolean(), {
    description: 'Leave what is smaller as it is.',
    default: false,
    examples: [true],
  }),
  withoutReduction: field(v.boolean(), {
    description: 'Leave what is larger as it is.',
    default: false,
    examples: [true],
  }),
  fastShrinkOnLoad: field(v.boolean(), {
    description: 'Taken for completeness: pictures are decoded in full before they are processed.',
    default: true,
    examples: [false],
  }),
})

const trimOptions = strictMap({
  background: background('The colour to cut away; left out, that of the top left pixel.'),
  threshold: field(numberWithin(0, LARGE), {
    description: 'How far from that colour a pixel may be.',
    default: 10,
    examples: [20],
  }),
  lineArt: field(v.boolean(), {
    description: 'The picture is a drawing rather than a photograph.',
    default: false,
    examples: [true],
  }),
  margin: field(offset, { description: 'Pixels to leave around.', default: 0, examples: [8] }),
})

const extractArea = strictMap({
  left: noted(integer(0, 100_000_000), { description: 'Pixels.', examples: [0] }),
  top: noted(integer(0, 100_000_000), { description: 'Pixels.', examples: [0] }),
  width: noted(integer(1, 100_000_000), { description: 'Pixels.', examples: [64] }),
  height: noted(integer(1, 100_000_000), { description: 'Pixels.', examples: [64] }),
})

const extendOptions = strictMap({
  top: field(offset, { description: 'Pixels.', default: 0, examples: [8] }),
  bottom: field(offset, { description: 'Pixels.', default: 0, examples: [8] }),
  left: field(offset, { description: 'Pixels.', default: 0, examples: [8] }),
  right: field(offset, { description: 'Pixels.', default: 0, examples: [8] }),
  background: background('The colour of the new edges; left out, black.'),
  extendWith: field(v.picklist(['background', 'copy', 'repeat', 'mirror']), {
    description: 'What fills the new edges.',
    default: 'background',
    examples: ['mirror'],
  }),
})

const angle = numberWithin(-36_000, 36_000)

const blurOptions = strictMap({
  sigma: noted(numberWithin(0.3, 1000), { description: 'Of the Gaussian mask.', examples: [2] }),
  precision: field(v.picklist(['integer', 'float', 'approximate']), {
    description: 'How exactly it is computed.',
    default: 'integer',
    examples: ['float'],
  }),
  minAmplitude: field(numberWithin(0.001, 1), {
    description: 'Where the mask is cut off: smaller is slower and more exact.',
    default: 0.2,
    examples: [0.1],
  }),
})

const sharpenOptions = strictMap({
  sigma: noted(numberWithin(0.000001, 10), { description: 'Of the Gaussian mask.', examples: [1] }),
  m1: field(numberWithin(0, LARGE), {
    description: 'How much flat areas are sharpened.',
    default: 1,
    examples: [0],
  }),
  m2: field(numberWithin(0, LARGE), {
    description: 'How much jagged areas are sharpened.',
    default: 2,
    examples: [3],
  }),
  x1: field(numberWithin(0, LARGE), {
    description: 'The threshold between flat and jagged.',
    default: 2,
    examples: [3],
  }),
  y2: field(numberWithin(0, LARGE), {
    description: 'The most that a pixel is brightened.',
    default: 10,
    examples: [15],
  }),
  y3: field(numberWithin(0, LARGE), {
    description: 'The most that a pixel is darkened.',
    default: 20,
    examples: [15],
  }),
})

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
    description: 'Degrees to turn the hue by.',
    default: 0,
    examples: [180],
  }),
  lightness: field(numberWithin(-LARGE, LARGE), {
    description: 'Added to the lightness, which goes from 0 to 100.',
    default: 0,
    examples: [10],
  }),
})

const negateOptions = strictMap({
  alpha: field(v.boolean(), {
    description: 'Whether transparency is negated, too.',
    default: true,
    examples: [false],
  }),
})

const normaliseOptions = strictMap({
  lower: field(numberWithin(0, 99), {
    description: 'Percentile below which pixels become black; below `upper`.',
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
    description: 'Whether the picture is made grey first.',
    default: true,
    examples: [false],
  }),
  grayscale: field(v.boolean(), {
    description: 'Another spelling of `greyscale`.',
    default: true,
    examples: [false],
  }),
})

const compositeFields = {
  input: noted(v.pipe(v.string(), v.maxLength(1024), v.regex(/^\.{1,2}\/./)), {
    description: 'A local file, seen from the manifest.',
    examples: ['./frame.png'],
  }),
  blend: field(v.picklist(BLENDS), {
    description: 'How it is blended with the picture below.',
    default: 'over',
    examples: ['multiply'],
  }),
  tile: field(v.boolean(), {
    description: 'Repeat it over the whole picture.',
    default: false,
    examples: [true],
  }),
  gravity: field(gravitySchema, {
    description: 'Where it stands, if `left` and `top` do not say it.',
    default: 'centre',
    examples: ['southeast'],
  }),
}
const placement = integer(-SIDE_LIMIT, SIDE_LIMIT)
const compositeImage = v.union([
  strictMap(compositeFields),
  strictMap({
    ...compositeFields,
    left: noted(placement, { description: 'Pixels from the left edge.', examples: [8] }),
    top: noted(placement, { description: 'Pixels from the top edge.', examples: [8] }),
  }),
])

/** The operations that take an argument. */
export type ArguedName =
  | Exclude<(typeof BARE_NAMES)[number], 'unflatten' | 'removeAlpha'>
  | 'extract'
  | 'resize'
  | 'extend'
  | 'modulate'
  | 'tint'
  | 'composite'
  | 'colourspace'

/** Every operation that takes an argument, with what it takes. */
export const operationArguments: Readonly<Record<ArguedName, Field>> = {
  trim: field(single(trimOptions), {
    description: 'Cuts away a border of one colour.',
    examples: [{ threshold: 20 }],
  }),
  extract: field(single(extractArea), {
    description: 'Cuts an area out.',
    examples: [{ left: 0, top: 0, width: 64, height: 64 }],
  }),
  resize: field(
    v.union([
      side,
      resizeOptions,
      v.strictTuple([v.union([side, resizeOptions])]),
      v.strictTuple([sideOrNot, sideOrNot]),
      v.strictTuple([sideOrNot, sideOrNot, resizeOptions]),
    ]),
    {
      description: 'Scales, by options or by width and height; this may enlarge.',
      examples: [{ width: 64, kernel: 'nearest' }, 320, [320, 200]],
    },
  ),
  extend: field(single(v.union([side, extendOptions])), {
    description: 'Adds edges.',
    examples: [10, { top: 10, background: '#fff' }],
  }),
  rotate: field(
    v.union([
      angle,
      v.strictTuple([angle]),
      v.strictTuple([
        angle,
        strictMap({ background: background('The colour of the corners; left out, black.') }),
      ]),
    ]),
    { description: 'Turns clockwise, by degrees.', examples: [90, [45, { background: '#fff' }]] },
  ),
  flip: field(single(v.boolean()), {
    description: 'Mirrors upside down.',
    default: true,
    examples: [true],
  }),
  flop: field(single(v.boolean()), {
    description: 'Mirrors left to right.',
    default: true,
    examples: [true],
  }),
  blur: field(single(v.union([v.boolean(), numberWithin(0.3, 1000), blurOptions])), {
    description: 'Blurs: mildly without an argument, else by the sigma of a Gaussian mask.',
    examples: [2],
  }),
  sharpen: field(single(sharpenOptions), {
    description: 'Sharpens: mildly without an argument.',
    examples: [{ sigma: 1 }],
  }),
  median: field(single(integer(1, 1000)), {
    description: 'Median filter, by the side of its square mask in pixels.',
    default: 3,
    examples: [5],
  }),
  gamma: field(
    v.union([
      numberWithin(1, 3),
      v.strictTuple([numberWithin(1, 3)]),
      v.strictTuple([numberWithin(1, 3), numberWithin(1, 3)]),
    ]),
    {
      description:
        'Gamma correction: darkens by the first value, then brightens by the second (left out: the same). `grayscale` and `resize` that follow directly happen in between.',
      default: 2.2,
      examples: [2.2, [2.2, 1.8]],
    },
  ),
  modulate: field(single(modulateOptions), {
    description: 'Changes brightness, saturation, hue and lightness.',
    examples: [{ brightness: 1.1, saturation: 0.8 }],
  }),
  tint: field(single(colourSchema), {
    description: 'Colours the picture and keeps its luminance.',
    examples: ['#c8a060'],
  }),
  grayscale: field(single(v.boolean()), {
    description: 'Takes the colour away.',
    default: true,
    examples: [true],
  }),
  negate: field(single(v.union([v.boolean(), negateOptions])), {
    description: 'Makes the negative.',
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
      description: 'Makes each pixel black or white, by its value from 0 to 255.',
      default: 128,
      examples: [128, [100, { greyscale: false }]],
    },
  ),
  flatten: field(
    single(
      v.union([
        v.boolean(),
        strictMap({ background: background('The colour below; left out, black.') }),
      ]),
    ),
    {
      description: 'Puts the picture on a colour, where it is transparent.',
      examples: [{ background: '#fff' }],
    },
  ),
  ensureAlpha: field(single(numberWithin(0, 1)), {
    description: 'Adds an alpha channel where there is none, from 0 (transparent) to 1.',
    default: 1,
    examples: [0.5],
  }),
  composite: field(
    v.union([compositeImage, v.pipe(v.array(compositeImage), v.minLength(1), v.maxLength(100))]),
    {
      description: 'Puts local pictures on top, one or a list.',
      examples: [[{ input: './frame.png', gravity: 'centre' }]],
    },
  ),
  colourspace: field(single(v.picklist(['srgb', 'b-w'])), {
    description: 'The colour space of the result: sRGB, or one channel of grey.',
    default: 'srgb',
    examples: ['b-w'],
  }),
}
