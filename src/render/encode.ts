import type { EncoderOptions, OutputFormat } from '../manifest/schema/output.ts'
import type { Sharp } from '../pixels/sharp.ts'
import { canWrite } from '../pixels/writable.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { FinishedPicture } from './finished-picture.ts'
import type { Size } from './operation-size.ts'
import { noticeSvg, type Notice } from './notice.ts'
import { embedXmpInGif, provenanceXmp } from './provenance.ts'
import { renderError } from './render-error.ts'
import type { Provenance } from './rendition.ts'

/** Options for one rendition. */
export interface Encoding {
  readonly format: OutputFormat
  readonly size: Size
  readonly options: EncoderOptions
  readonly provenance: Provenance | undefined
  readonly notice?: Notice | undefined
}

/**
 * Scales and encodes the finished picture: in sRGB with its profile (grey and GIF have none), without the original's
 * metadata, with the provenance as XMP. JPEG has no transparency, so transparent parts become white; `flatten` in
 * `process` changes that.
 *
 * @throws ImagegenError with code `render`.
 */
export async function encode(picture: FinishedPicture, encoding: Encoding): Promise<Uint8Array> {
  const { format, size, provenance, notice } = encoding
  await assertWritable(format)
  try {
    let pipeline = await picture.open()
    const isSameSize = size.width === picture.size.width && size.height === picture.size.height
    // Both sides are set, so that the size is the predicted one, however the original was decoded.
    if (!isSameSize) pipeline = pipeline.resize({ ...size, fit: 'fill' })
    const drawing = notice === undefined ? undefined : noticeSvg(notice, size)
    if (drawing !== undefined) pipeline = pipeline.composite([{ input: Buffer.from(drawing) }])
    if (format === 'jpeg') pipeline = pipeline.flatten({ background: '#fff' })
    pipeline = picture.isGrey ? pipeline.toColourspace('b-w') : pipeline.withIccProfile('srgb')
    const xmp = provenance === undefined ? undefined : provenanceXmp(provenance)
    if (xmp !== undefined) pipeline = pipeline.withXmp(xmp)
    const bytes = await writeAs(pipeline, format, encoding.options).toBuffer()
    return format === 'gif' && xmp !== undefined ? embedXmpInGif(bytes, xmp) : bytes
  } catch (error) {
    throw renderError(
      `The ${format} of ${size.width}x${size.height} cannot be encoded`,
      error,
      'If the original is intact, change `formats`, `widths` or the encoder options in `output`.',
    )
  }
}

function writeAs(pipeline: Sharp, format: OutputFormat, options: EncoderOptions): Sharp {
  return pipeline.toFormat(format, { ...options })
}

/** sharp has JPEG XL only where libvips was built with it. */
async function assertWritable(format: OutputFormat): Promise<void> {
  if (await canWrite(format)) return
  throw new ImagegenError('render', {
    message: `This build of sharp cannot write ${format}.`,
    hint: `Take ${format} out of \`output.formats\`, or use a sharp whose libvips has it.`,
  })
}
