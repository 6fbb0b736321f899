import * as v from 'valibot'
import { SIDE_LIMIT } from '../../pixels/sharp.ts'
import type { JsonValue } from '../../shared/hash.ts'
import { type EncoderOptions, FORMATS, type OutputFormat, encoderFields } from './encoders.ts'
import { field, integer, noted, strictMap } from './field.ts'
import { type Fit, type Position, fitSchema, positionSchema } from './placement.ts'

export type { EncoderOptions, OutputFormat } from './encoders.ts'
export type { Fit, Position } from './placement.ts'

/** The placeholder shown until an image is loaded. */
export type PlaceholderKind = 'blur' | 'color' | 'none'

/** A width in pixels, or `original` for the image's own width. */
export type Width = number | 'original'

type Encoders<Options> = { readonly [Format in OutputFormat]: Options }

/** How the files of a picture are written. */
export interface RenditionSettings extends Partial<Encoders<EncoderOptions>> {
  readonly formats?: readonly OutputFormat[]
  readonly widths?: readonly Width[]
  readonly quality?: number | { readonly [Format in QualityFormat]?: number }
  readonly aspectRatio?: string
  readonly fit?: Fit
  readonly position?: Position
}

/** `output` as written. */
export interface OutputSettings extends RenditionSettings {
  readonly placeholder?: PlaceholderKind
  readonly media?: readonly MediaSettings[]
}

/** One of `output.media` as written: what the image shows where a media query matches. */
export interface MediaSettings extends RenditionSettings {
  readonly media: string
  /** A reference to another image; left out: another crop of the same picture. */
  readonly image?: string
}

/** `output` with all defaults filled in. */
export interface Output {
  /** Unique formats, best first; the last is the fallback. */
  readonly formats: readonly OutputFormat[]
  readonly widths: readonly Width[]
  /** Encoder options by format, including `quality`. */
  readonly encoders: Encoders<EncoderOptions>
  /** The aspect ratio that the image is cropped or padded to; undefined for its own. */
  readonly aspectRatio: { readonly width: number; readonly height: number } | undefined
  readonly fit: Fit
  readonly position: Position
  readonly placeholder: PlaceholderKind
}

/** The formats with a quality setting: all but GIF. */
type QualityFormat = Exclude<OutputFormat, 'gif'>

const quality = integer(1, 100)

const formatSchema = noted(v.picklist(FORMATS), {
  description: 'A format to write. `jxl` needs a build of sharp that supports it.',
  examples: ['avif'],
})

const widthSchema = noted(v.union([integer(1, SIDE_LIMIT), v.literal('original')]), {
  description: 'A width in pixels, or `original` for the width of the image itself.',
  examples: [640],
})

const renditionFields = {
  formats: field(v.pipe(v.array(formatSchema), v.minLength(1), v.maxLength(FORMATS.length)), {
    description:
      'The formats to write, best first; the last is the fallback. Duplicates are ignored.',
    default: ['webp'],
    examples: [['avif', 'webp', 'jpeg']],
  }),
  widths: field(v.pipe(v.array(widthSchema), v.minLength(1), v.maxLength(32)), {
    description:
      'Widths in pixels, or `original`. Images are never enlarged: larger widths collapse into the original width.',
    default: ['original'],
    examples: [[640, 1280, 'original']],
  }),
  quality: field(
    v.union([
      quality,
      strictMap({
        avif: field(quality, { description: 'Quality of AVIF.', default: 50, examples: [60] }),
        webp: field(quality, { description: 'Quality of WebP.', default: 80, examples: [75] }),
        jpeg: field(quality, { description: 'Quality of JPEG.', default: 80, examples: [85] }),
        png: field(quality, {
          description: 'Quality of PNG, which then gets a palette.',
          examples: [90],
        }),
        jxl: field(quality, { description: 'Quality of JPEG XL.', default: 80, examples: [75] }),
      }),
    ]),
    {
      description:
        'The quality of the lossy formats, 1 to 100: one number for all, or one per format. A single number leaves PNG lossless.',
      default: { avif: 50, webp: 80, jpeg: 80, jxl: 80 },
      examples: [80, { avif: 50 }],
    },
  ),
  ...encoderFields,
  aspectRatio: field(
    v.pipe(
      v.string(),
      v.regex(/^[1-9][0-9]{0,4}:[1-9][0-9]{0,4}$/, 'two numbers and a colon, such as 16:9'),
    ),
    {
      description:
        'Crops the image to this aspect ratio (or pads it, see `fit`), in the largest box that fits into the image. By default, the image keeps its own.',
      examples: ['16:9', '1:1'],
    },
  ),
  fit: field(fitSchema, {
    description: 'How the image is fitted to `aspectRatio`.',
    default: 'cover',
    examples: ['contain'],
  }),
  position: field(positionSchema, {
    description:
      'The part that `cover` keeps; `attention` and `entropy` look for the most interesting part.',
    default: 'centre',
    examples: ['attention', 'north'],
  }),
}

/** The longest media query, in characters. */
const LONGEST_QUERY = 500

/** The most media of one image: a page holds all of them. */
const MOST_MEDIA = 32

const mediaSchema: v.GenericSchema<MediaSettings> = noted(
  strictMap({
    media: noted(v.pipe(v.string(), v.minLength(1), v.maxLength(LONGEST_QUERY)), {
      description: 'A media query, as in the attribute `media` of `<source>`.',
      examples: ['(max-width: 600px)', '(prefers-color-scheme: dark)'],
    }),
    image: field(v.pipe(v.string(), v.minLength(1)), {
      description:
        'Another image to show there: `"#name"` (in quotes: a bare # starts a comment), `./other.image.yaml#name`, or `./hero.image.yaml`. By default, the image itself.',
      examples: ['#kira-night'],
    }),
    ...renditionFields,
  }),
  {
    description:
      'What the image shows where a media query matches. Fields of `output` that it leaves out are those of the image that is shown.',
  },
)

export const outputSchema: v.GenericSchema<OutputSettings> = v.pipe(
  strictMap({
    ...renditionFields,
    placeholder: field(v.picklist(['blur', 'color', 'none']), {
      description: 'A tiny blurred image as a data URL, a single colour, or no placeholder.',
      default: 'none',
      examples: ['blur'],
    }),
    media: field(v.pipe(v.array(mediaSchema), v.maxLength(MOST_MEDIA)), {
      description:
        'Other crops, or other images, for media queries such as small screens and dark mode. The first one that matches is shown.',
      default: [],
      examples: [
        [
          { media: '(max-width: 600px)', aspectRatio: '1:1', position: 'attention' },
          { media: '(prefers-color-scheme: dark)', image: '#kira-night' },
        ],
      ],
    }),
  }),
  v.metadata({
    description: 'The renditions to write: formats, widths, quality and placeholder.',
    default: {},
    examples: [{ formats: ['avif', 'webp'], widths: [640, 1280] }],
  }),
)

const DEFAULTS: OutputSettings = {
  formats: ['webp'],
  widths: ['original'],
  quality: { avif: 50, webp: 80, jpeg: 80, jxl: 80 },
  // Takes a third of the time of sharp's default of 4, and files are a tenth larger: see `npm run bench -- encoders`.
  avif: { effort: 3 },
  fit: 'cover',
  position: 'centre',
  placeholder: 'none',
}

/** The formats that a single number for `quality` applies to. PNG stays lossless. */
const LOSSY: ReadonlySet<OutputFormat> = new Set(['avif', 'webp', 'jpeg', 'jxl'])

/**
 * Merges several levels of `output` field by field; the later level wins. Within one level, a format's own `quality`
 * wins over the general one.
 */
export function resolveOutput(layers: ReadonlyArray<OutputSettings | undefined>): Output {
  const levels = [DEFAULTS, ...layers.filter((layer) => layer !== undefined)]
  const merged: OutputSettings = {}
  for (const level of levels) Object.assign(merged, definedOf(level))
  return {
    formats: [...new Set(merged.formats)],
    widths: [...new Set(merged.widths)],
    encoders: encodersOf(levels),
    aspectRatio: parseRatio(merged.aspectRatio),
    fit: merged.fit ?? 'cover',
    position: merged.position ?? 'centre',
    placeholder: merged.placeholder ?? 'none',
  }
}

/**
 * The output of an image for one medium. Without settings it is the same object, so that an image that is shown as it is
 * shares its renditions and records.
 */
export function outputForMedium(output: Output, settings: RenditionSettings): Output {
  const written = definedOf(settings)
  if (Object.keys(written).length === 0) return output
  const { formats, widths, aspectRatio, fit, position } = written
  return {
    formats: formats === undefined ? output.formats : [...new Set(formats)],
    widths: widths === undefined ? output.widths : [...new Set(widths)],
    encoders: encodersOf([written], output.encoders),
    aspectRatio: aspectRatio === undefined ? output.aspectRatio : parseRatio(aspectRatio),
    fit: fit ?? output.fit,
    position: position ?? output.position,
    placeholder: output.placeholder,
  }
}

function definedOf<Settings extends OutputSettings>(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Settings
}

function encodersOf(
  levels: readonly RenditionSettings[],
  around?: Encoders<EncoderOptions>,
): Encoders<EncoderOptions> {
  return Object.fromEntries(
    FORMATS.map((format) => [format, encoderOptions(format, levels, around?.[format])]),
  ) as unknown as Encoders<EncoderOptions>
}

function encoderOptions(
  format: OutputFormat,
  levels: readonly RenditionSettings[],
  around: EncoderOptions = {},
): EncoderOptions {
  const merged: Record<string, JsonValue | undefined> = { ...around }
  for (const level of levels) {
    const quality = qualityOf(format, level.quality)
    const written: EncoderOptions = {
      ...(quality === undefined ? {} : { quality }),
      ...level[format],
    }
    // sharp prefers JPEG XL's quality over its distance. Here the later level decides between the two.
    if (written['quality'] !== undefined) delete merged['distance']
    Object.assign(merged, written)
    if (written['distance'] !== undefined) delete merged['quality']
  }
  return merged
}

function qualityOf(
  format: OutputFormat,
  quality: RenditionSettings['quality'],
): number | undefined {
  if (typeof quality === 'number') return LOSSY.has(format) ? quality : undefined
  return format === 'gif' ? undefined : quality?.[format]
}

function parseRatio(written: string | undefined): Output['aspectRatio'] {
  if (written === undefined) return undefined
  const [width = 1, height = 1] = written.split(':').map(Number)
  return { width, height }
}
