import * as v from 'valibot'
import { SIDE_LIMIT } from '../../../pixels/sharp.ts'
import { type Field, field, integer, noted, strictMap } from '../field.ts'
import { gravitySchema } from '../placement.ts'

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

const compositeFields = {
  input: noted(v.pipe(v.string(), v.regex(/^\.{1,2}\/./, 'a path that starts with ./ or ../')), {
    description: 'A local file, relative to the manifest.',
    examples: ['./frame.png'],
  }),
  blend: field(v.picklist(BLENDS), {
    description: 'How it is blended with the image below.',
    default: 'over',
    examples: ['multiply'],
  }),
  tile: field(v.boolean(), {
    description: 'Repeat it over the whole image.',
    default: false,
    examples: [true],
  }),
  gravity: field(gravitySchema, {
    description: 'Its position, unless `left` and `top` are set.',
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

/** The argument of `composite`: one image or a list of images. */
export const compositeArgument: Field = field(
  v.union([compositeImage, v.pipe(v.array(compositeImage), v.minLength(1), v.maxLength(100))]),
  {
    description: 'Puts one or several local images on top.',
    examples: [[{ input: './frame.png', gravity: 'centre' }]],
  },
)
