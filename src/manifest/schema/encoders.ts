import * as v from 'valibot'
import type { JsonValue } from '../../shared/hash.ts'
import { type Field, field, integer, numberWithin, strictMap } from './field.ts'

/** The formats of renditions. */
export const FORMATS = ['avif', 'webp', 'jpeg', 'png', 'gif', 'jxl'] as const

export type OutputFormat = (typeof FORMATS)[number]

/** One format's encoder options, with sharp's names. */
export type EncoderOptions = Readonly<Record<string, JsonValue | undefined>>

/*
 * The options of sharp's encoders that apply to still images. Options for animations are left out, and so is `force`,
 * which would let sharp write another format than the requested one.
 */

const quality = (usual: number) =>
  field(integer(1, 100), { description: 'Quality.', default: usual, examples: [usual] })

const flag = (description: string, usual: boolean) =>
  field(v.boolean(), { description, default: usual, examples: [!usual] })

const effort = (least: number, most: number, usual: number) =>
  field(integer(least, most), {
    description: `Time spent on making the file small, ${least} to ${most}.`,
    default: usual,
    examples: [most],
  })

const chromaSubsampling = (usual: string) =>
  field(v.picklist(['4:2:0', '4:4:4']), {
    description: 'Whether colour is stored at half the resolution.',
    default: usual,
    examples: ['4:4:4'],
  })

const colours = (description: string) =>
  field(integer(2, 256), { description, default: 256, examples: [16] })

const dither = field(numberWithin(0, 1), {
  description: 'Error diffusion, 0 to 1.',
  default: 1,
  examples: [0],
})

const quantisationTable = (description: string) =>
  field(integer(0, 8), { description, default: 0, examples: [3] })

/** The fields of `output` with one format's encoder options each. */
export const encoderFields: Readonly<Record<OutputFormat, Field<EncoderOptions>>> = {
  avif: field(
    strictMap({
      quality: quality(50),
      lossless: flag('Lossless compression.', false),
      effort: effort(0, 9, 3),
      chromaSubsampling: chromaSubsampling('4:4:4'),
      bitdepth: field(v.picklist([8, 10, 12]), {
        description: 'Bits a channel.',
        default: 8,
        examples: [10],
      }),
      tune: field(v.picklist(['auto', 'iq', 'psnr', 'ssim']), {
        description: 'The quality metric that the encoder optimises.',
        default: 'auto',
        examples: ['ssim'],
      }),
    }),
    {
      description: 'Options of the AVIF encoder.',
      default: { effort: 3 },
      examples: [{ effort: 5 }],
    },
  ),
  webp: field(
    strictMap({
      quality: quality(80),
      alphaQuality: field(integer(0, 100), {
        description: 'Quality of the alpha channel.',
        default: 100,
        examples: [80],
      }),
      lossless: flag('Lossless compression.', false),
      nearLossless: flag('Nearly lossless compression; `quality` sets how near.', false),
      smartSubsample: flag('Better chroma subsampling.', false),
      smartDeblock: flag('Tunes the deblocking filter; slow.', false),
      preset: field(v.picklist(['default', 'photo', 'picture', 'drawing', 'icon', 'text']), {
        description: 'The kind of image.',
        default: 'default',
        examples: ['drawing'],
      }),
      effort: effort(0, 6, 4),
      exact: flag('Keeps the colour of transparent pixels.', false),
    }),
    { description: 'Options of the WebP encoder.', default: {}, examples: [{ lossless: true }] },
  ),
  jpeg: field(
    strictMap({
      quality: quality(80),
      progressive: flag('Progressive scans.', false),
      chromaSubsampling: chromaSubsampling('4:2:0'),
      optimiseCoding: flag('Optimised Huffman tables.', true),
      optimizeCoding: flag('Another spelling of `optimiseCoding`.', true),
      mozjpeg: flag('Smaller and slower, with mozjpeg’s defaults.', false),
      trellisQuantisation: flag('Trellis quantisation.', false),
      overshootDeringing: flag('Overshoot deringing.', false),
      optimiseScans: flag('Optimised progressive scans.', false),
      optimizeScans: flag('Another spelling of `optimiseScans`.', false),
      quantisationTable: quantisationTable('Quantisation table.'),
      quantizationTable: quantisationTable('Another spelling of `quantisationTable`.'),
    }),
    { description: 'Options of the JPEG encoder.', default: {}, examples: [{ mozjpeg: true }] },
  ),
  png: field(
    strictMap({
      progressive: flag('Interlaced.', false),
      compressionLevel: field(integer(0, 9), {
        description: 'The level of zlib.',
        default: 6,
        examples: [9],
      }),
      adaptiveFiltering: flag('Adaptive row filtering.', false),
      palette: flag('A palette instead of full colour: lossy.', false),
      quality: field(integer(0, 100), {
        description: 'Fewest colours for this quality; makes a palette.',
        default: 100,
        examples: [90],
      }),
      effort: field(integer(1, 10), {
        description: 'Time spent on making the file small, 1 to 10; makes a palette.',
        default: 7,
        examples: [10],
      }),
      colours: colours(
        'The maximum number of colours, which sharp rounds up to 2, 4, 16 or 256; makes a palette.',
      ),
      colors: colours('Another spelling of `colours`.'),
      dither,
    }),
    {
      description: 'Options of the PNG encoder. PNG is lossless unless an option makes a palette.',
      default: {},
      examples: [{ palette: true }],
    },
  ),
  gif: field(
    strictMap({
      reuse: flag('Reuses the original’s palette.', true),
      progressive: flag('Interlaced.', false),
      colours: colours('The maximum number of colours, which sharp rounds up to 2, 4, 16 or 256.'),
      colors: colours('Another spelling of `colours`.'),
      effort: effort(1, 10, 7),
      dither,
      interPaletteMaxError: field(numberWithin(0, 256), {
        description: 'The largest error of a reused palette.',
        default: 3,
        examples: [0],
      }),
    }),
    { description: 'Options of the GIF encoder.', default: {}, examples: [{ colours: 16 }] },
  ),
  jxl: field(
    strictMap({
      quality: quality(80),
      distance: field(numberWithin(0, 15), {
        description: 'The largest error, from 0 (best) to 15, in place of `quality`.',
        examples: [1],
      }),
      decodingTier: field(integer(0, 4), {
        description: 'Decoding speed, from 0 (best quality) to 4 (fastest).',
        default: 0,
        examples: [2],
      }),
      lossless: flag('Lossless compression.', false),
      effort: effort(1, 9, 7),
    }),
    {
      description: 'Options of the JPEG XL encoder, where sharp has one.',
      default: {},
      examples: [{ effort: 9 }],
    },
  ),
}
