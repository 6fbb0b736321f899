import * as v from 'valibot'
import { type Field, field, noted, numberWithin, strictMap } from '../field.ts'

/** A finite limit far beyond every useful value. */
export const LARGE = 1_000_000

/** Makes a schema for one argument, plain or as a list of one. */
export function single<Schema extends v.GenericSchema>(schema: Schema): v.GenericSchema {
  return v.union([schema, v.strictTuple([schema])])
}

/** Makes the field for a background colour. */
export function background(description: string): Field<Colour> {
  return field(colourSchema, {
    description,
    examples: ['#fff', 'transparent', { r: 0, g: 0, b: 0 }],
  })
}

/** A colour as sharp accepts it: text, or channels from 0 to 255 with an alpha from 0 to 1. */
export type Colour =
  | string
  | { readonly r: number; readonly g: number; readonly b: number; readonly alpha?: number }

/** The colour names of CSS. sharp ignores case; the schema requires lower case, so that editors can suggest them. */
const COLOUR_NAMES = (
  'aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood ' +
  'cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod ' +
  'darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon ' +
  'darkseagreen darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray ' +
  'dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green ' +
  'greenyellow grey honeydew hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon ' +
  'lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon ' +
  'lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen magenta ' +
  'maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen ' +
  'mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive ' +
  'olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru ' +
  'pink plum powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell ' +
  'sienna silver skyblue slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato ' +
  'transparent turquoise violet wheat white whitesmoke yellow yellowgreen'
).split(' ')

const HEX = '#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})'
const NUMBER = '[0-9]{1,3}(?:\\.[0-9]{1,4})?'
const PERCENT = `${NUMBER}%`
const HUE = `${NUMBER}(?:deg)?`
const FRACTION = '(?:0|1|0?\\.[0-9]{1,6})'

/** CSS's functional notations that sharp's parser supports: with commas, and with spaces and a slash. */
const FUNCTIONS = [
  `rgba?\\( *${NUMBER} *, *${NUMBER} *, *${NUMBER} *(?:, *(?:${FRACTION}|${PERCENT}) *)?\\)`,
  `rgba?\\( *${NUMBER} +${NUMBER} +${NUMBER} *(?:/ *(?:${FRACTION}|${PERCENT}) *)?\\)`,
  `rgba?\\( *${PERCENT} *, *${PERCENT} *, *${PERCENT} *(?:, *(?:${FRACTION}|${PERCENT}) *)?\\)`,
  `hsla?\\( *${HUE} *, *${PERCENT} *, *${PERCENT} *(?:, *${FRACTION} *)?\\)`,
  `hsla?\\( *${HUE} +${PERCENT} +${PERCENT} *(?:/ *${FRACTION} *)?\\)`,
  `hwb\\( *${HUE} *, *${PERCENT} *, *${PERCENT} *(?:, *${FRACTION} *)?\\)`,
]

/** Matches a colour's text that is not a name. */
export const COLOUR_PATTERN: RegExp = new RegExp(`^(?:${[HEX, ...FUNCTIONS].join('|')})$`)

const channel = (name: string): v.GenericSchema<number> =>
  noted(numberWithin(0, 255), { description: `${name}, from 0 to 255.`, examples: [255] })

export const colourSchema: v.GenericSchema<Colour> = v.union([
  v.picklist(COLOUR_NAMES),
  // sharp refuses colours longer than 200 characters.
  v.pipe(v.string(), v.maxLength(200), v.regex(COLOUR_PATTERN)),
  strictMap({
    r: channel('Red'),
    g: channel('Green'),
    b: channel('Blue'),
    alpha: field(numberWithin(0, 1), {
      description: 'Opacity, from 0 (transparent) to 1.',
      default: 1,
      examples: [0.5],
    }),
  }),
])
