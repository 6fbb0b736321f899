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
  input: noted(v.pipe(v.string(), v.regex(/^\.{1,2}\/./)), {
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

/** What `composite` takes: one picture or a list of them. */
export const compositeArgument: Field = field(
  v.union([compositeImage, v.pipe(v.array(compositeImage), v.minLength(1), v.maxLength(100))]),
  {
    description: 'Puts local pictures on top, one or a list.',
    examples: [[{ input: './frame.png', gravity: 'centre' }]],
  },
)
