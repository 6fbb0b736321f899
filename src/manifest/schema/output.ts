import * as v from 'valibot'
import { SIDE_LIMIT } from '../../pixels/sharp.ts'
import type { JsonValue } from '../../shared/hash.ts'
import { type EncoderOptions, FORMATS, type OutputFormat, encoderFields } from './encoders.ts'
import { field, integer, noted, strictMap } from './field.ts'
import { type Fit, type Position, fitSchema, positionSchema } from './placement.ts'

export type { EncoderOptions, OutputFormat } from './encoders.ts'
export type { Fit, Position } from './placement.ts'

/** What stands in for a picture until it is loaded. */
export type PlaceholderKind = 'blur' | 'color' | 'none'

/** A width in pixels, or that of the picture itself. */
export type Width = number | 'original'

type Encoders<Options> = { readonly [Format in OutputFormat]: Options }

/** `output` as written. */
export interface OutputSettings extends Partial<Encoders<EncoderOptions>> {
  readonly formats?: readonly OutputFormat[]
  readonly widths?: readonly Width[]
  readonly quality?: number | { readonly [Format in QualityFormat]?: number }
  readonly aspectRatio?: string
  readonly fit?: Fit
  readonly position?: Position
  readonly placeholder?: PlaceholderKind
}

/** `output` with everything in it. */
export interface Output {
  /** Best first, each once; the last is the fallback. */
  readonly formats: readonly OutputFormat[]
  readonly widths: readonly Width[]
  /** Quality included. */
  readonly encoders: Encoders<EncoderOptions>
  /** The shape that the picture is brought into; nothing: its own. */
  readonly aspectRatio: { readonly width: number; readonly height: number } | undefined
  readonly fit: Fit
  readonly position: Position
  readonly placeholder: PlaceholderKind
}

/** The formats that have a quality; GIF is the one that has none. */
type QualityFormat = Exclude<OutputFormat, 'gif'>

const quality = integer(1, 100)

const formatSchema = noted(v.picklist(FORMATS), {
  description: 'A format to write. `jxl` where sharp has it.',
  examples: ['avif'],
})

const widthSchema = noted(v.union([integer(1, SIDE_LIMIT), v.literal('original')]), {
  description: 'A width in pixels, or `original`: that of the picture itself.',
  examples: [640],
})

export const outputSchema: v.GenericSchema<OutputSettings> = v.pipe(
  strictMap({
    formats: field(v.pipe(v.array(formatSchema), v.minLength(1), v.maxLength(FORMATS.length)), {
      description:
        'The formats to write, best first; the last is the fallback. One that is named twice counts once.',
      default: ['webp'],
      examples: [['avif', 'webp', 'jpeg']],
    }),
    widths: field(v.pipe(v.array(widthSchema), v.minLength(1), v.maxLength(32)), {
      description:
        'Widths in pixels, or `original`. Those above the picture’s own collapse into it: nothing is enlarged here.',
      default: ['original'],
      examples: [[640, 1280, 'original']],
    }),
    quality: field(
      v.union([
        quality,
        strictMap({
          avif: field(quality, { description: 'Of AVIF.', default: 50, examples: [60] }),
          webp: field(quality, { description: 'Of WebP.', default: 80, examples: [75] }),
          jpeg: field(quality, { description: 'Of JPEG.', default: 80, examples: [85] }),
          png: field(quality, {
            description: 'Of PNG, which then gets a palette.',
            examples: [90],
          }),
          jxl: field(quality, { description: 'Of JPEG XL.', default: 80, examples: [75] }),
        }),
      ]),
      {
        description:
          'The quality of the lossy formats, 1 to 100: one for all of them, or by format. A single number leaves PNG lossless.',
        default: { avif: 50, webp: 80, jpeg: 80, jxl: 80 },
        examples: [80, { avif: 50 }],
      },
    ),
    ...encoderFields,
    aspectRatio: field(v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,4}:[1-9][0-9]{0,4}$/)), {
      description:
        'Brings the picture into this shape: the largest box of it that the picture holds. Left out, its own.',
      examples: ['16:9', '1:1'],
    }),
    fit: field(fitSchema, {
      description: 'How the picture is brought into that shape.',
      default: 'cover',
      examples: ['contain'],
    }),
    position: field(positionSchema, {
      description:
        'What is kept with `cover`; `attention` and `entropy` look for what matters in the picture.',
      default: 'centre',
      examples: ['attention', 'north'],
    }),
    placeholder: field(v.picklist(['blur', 'color', 'none']), {
      description: 'A tiny blurred picture as a data URL, one colour, or nothing.',
      default: 'none',
      examples: ['blur'],
    }),
  }),
  v.metadata({
    description: 'What is written of the finished picture.',
    default: {},
    examples: [{ formats: ['avif', 'webp'], widths: [640, 1280] }],
  }),
)

const DEFAULTS: OutputSettings = {
  formats: ['webp'],
  widths: ['original'],
  quality: { avif: 50, webp: 80, jpeg: 80, jxl: 80 },
  // A third of the time of sharp's own 4, for files that are a tenth larger at equal quality: see `npm run bench -- encoders`.
  avif: { effort: 3 },
  fit: 'cover',
  position: 'centre',
  placeholder: 'none',
}

/** What a single number for `quality` is the quality of: PNG stays lossless. */
const LOSSY: ReadonlySet<OutputFormat> = new Set(['avif', 'webp', 'jpeg', 'jxl'])

/**
 * Merges `output` as written on several levels, field by field; the later level wins. Within one level a format's own
 * `quality` wins over the general one.
 */
export function resolveOutput(layers: ReadonlyArray<OutputSettings | undefined>): Output {
  const levels = [DEFAULTS, ...layers.filter((layer) => layer !== undefined)]
  const merged: OutputSettings = {}
  for (const level of levels) Object.assign(merged, definedOf(level))
  return {
    formats: [...new Set(merged.formats)],
    widths: [...new Set(merged.widths)],
    encoders: Object.fromEntries(
      FORMATS.map((format) => [format, encoderOptions(format, levels)]),
    ) as unknown as Encoders<EncoderOptions>,
    aspectRatio: parseRatio(merged.aspectRatio),
    fit: merged.fit ?? 'cover',
    position: merged.position ?? 'centre',
    placeholder: merged.placeholder ?? 'none',
  }
}

function definedOf(settings: OutputSettings): OutputSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

function encoderOptions(format: OutputFormat, levels: readonly OutputSettings[]): EncoderOptions {
  const merged: Record<string, JsonValue | undefined> = {}
  for (const level of levels) {
    const quality = qualityOf(format, level.quality)
    const written: EncoderOptions = {
      ...(quality === undefined ? {} : { quality }),
      ...level[format],
    }
    // sharp lets JPEG XL's quality win over its distance; here the one that is written last does.
    if (written['quality'] !== undefined) delete merged['distance']
    Object.assign(merged, written)
    if (written['distance'] !== undefined) delete merged['quality']
  }
  return merged
}

function qualityOf(format: OutputFormat, quality: OutputSettings['quality']): number | undefined {
  if (typeof quality === 'number') return LOSSY.has(format) ? quality : undefined
  return format === 'gif' ? undefined : quality?.[format]
}

function parseRatio(written: string | undefined): Output['aspectRatio'] {
  if (written === undefined) return undefined
  const [width = 1, height = 1] = written.split(':').map(Number)
  return { width, height }
}
