import * as v from 'valibot'
import { SIDE_LIMIT } from '../../../pixels/sharp.ts'
import { type Field, field, integer, noted, numberWithin, strictMap } from '../field.ts'
import { fitSchema, positionSchema } from '../placement.ts'
import { LARGE, background, single } from './colour.ts'

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

const side = integer(1, SIDE_LIMIT)
const offset = integer(0, SIDE_LIMIT)
const sideOrNot = v.union([side, v.null()])

const resizeOptions = strictMap({
  width: field(side, { description: 'Pixels.', examples: [64] }),
  height: field(side, { description: 'Pixels.', examples: [64] }),
  fit: field(fitSchema, {
    description: 'How the image is fitted into width and height.',
    default: 'cover',
    examples: ['contain'],
  }),
  position: field(positionSchema, {
    description: 'The part that `cover` keeps, or the position of the image with `contain`.',
    default: 'centre',
    examples: ['attention', 'north'],
  }),
  background: background('The colour around the image with `contain`.'),
  kernel: field(v.picklist(KERNELS), {
    description: 'How pixels are interpolated; `nearest` keeps pixel art crisp.',
    default: 'lanczos3',
    examples: ['nearest'],
  }),
  withoutEnlargement: field(v.boolean(), {
    description: 'Do not enlarge smaller images.',
    default: false,
    examples: [true],
  }),
  withoutReduction: field(v.boolean(), {
    description: 'Do not reduce larger images.',
    default: false,
    examples: [true],
  }),
  fastShrinkOnLoad: field(v.boolean(), {
    description: 'Accepted but without effect: images are fully decoded before they are processed.',
    default: true,
    examples: [false],
  }),
})

const trimOptions = strictMap({
  background: background('The colour to trim. By default, the colour of the top left pixel.'),
  threshold: field(numberWithin(0, LARGE), {
    description: 'The maximum difference from that colour.',
    default: 10,
    examples: [20],
  }),
  lineArt: field(v.boolean(), {
    description: 'Whether the image is a drawing rather than a photograph.',
    default: false,
    examples: [true],
  }),
  margin: field(offset, {
    description: 'Pixels to keep around the content.',
    default: 0,
    examples: [8],
  }),
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
  background: background('The colour of the new edges. By default, black.'),
  extendWith: field(v.picklist(['background', 'copy', 'repeat', 'mirror']), {
    description: 'How the new edges are filled.',
    default: 'background',
    examples: ['mirror'],
  }),
})

const angle = numberWithin(-36_000, 36_000)

type GeometryName = 'trim' | 'extract' | 'resize' | 'extend' | 'rotate' | 'flip' | 'flop'

/** The arguments of operations that crop, scale and rotate. */
export const geometryArguments: Readonly<Record<GeometryName, Field>> = {
  trim: field(single(trimOptions), {
    description: 'Trims a border of one colour.',
    examples: [{ threshold: 20 }],
  }),
  extract: field(single(extractArea), {
    description: 'Crops to an area.',
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
      description: 'Scales by options, or by width and height. This can enlarge the image.',
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
        strictMap({ background: background('The colour of the corners. By default, black.') }),
      ]),
    ]),
    { description: 'Rotates clockwise, in degrees.', examples: [90, [45, { background: '#fff' }]] },
  ),
  flip: field(single(v.boolean()), {
    description: 'Mirrors vertically.',
    default: true,
    examples: [true],
  }),
  flop: field(single(v.boolean()), {
    description: 'Mirrors horizontally.',
    default: true,
    examples: [true],
  }),
}
