import { loadSharp, openImage } from '../pixels/sharp.ts'
import { canonicalJson } from '../shared/hash.ts'
import { drawCaption } from './drawing/caption.ts'
import { chooseFraming, drawFigure } from './drawing/figure.ts'
import { choosePalette } from './drawing/palette.ts'
import type { Palette } from './drawing/palette.ts'
import { choosePlace, drawPlace } from './drawing/place.ts'
import { createRandom } from './drawing/random.ts'
import type { Canvas } from './drawing/shapes.ts'

/** Everything that decides the pixels of one picture. */
export interface PictureRequest {
  readonly model: string
  readonly prompt: string
  /** Pixels. */
  readonly width: number
  /** Pixels. */
  readonly height: number
  /** Omitted where the client sent none. The picture then depends on the rest. */
  readonly seed?: number
  /** The index of the image in its answer, from 0. */
  readonly index: number
  readonly references: readonly ReferencePicture[]
  readonly watermark: boolean
  /** Anything else that changes the picture, such as a style. */
  readonly settings: Readonly<Record<string, unknown>>
}

/** The part of a reference that drawing needs. */
export interface ReferencePicture {
  /** Of the bytes that the client sent, before they were scaled down. */
  readonly sha256: string
  /** The picture, as bytes that sharp reads. */
  readonly bytes: Uint8Array
}

/**
 * Draws the picture as JPEG bytes: a flat scene whose colours, place and people follow the prompt's words, the
 * references as framed prints in a corner, the prompt in letters on a card. The same request gives the same bytes.
 */
export async function drawPicture(request: PictureRequest): Promise<Buffer> {
  const { prompt, width, height } = request
  const random = createRandom(
    canonicalJson({ ...request, references: request.references.map(({ sha256 }) => sha256) }),
  )
  // Colours and place depend on the prompt alone, so that another seed is another take of the same scene.
  const theme = createRandom(`theme\n${prompt}`)
  const palette = choosePalette(prompt, theme)
  const place = choosePlace(prompt, theme)
  const canvas: Canvas = { width, height, palette, random }
  const caption = drawCaption(prompt, factsOf(request), canvas)
  const framing = chooseFraming(prompt, request.references.length > 0)
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`,
    gradients(palette),
    drawPlace(place, canvas),
    drawFigure(prompt, framing, canvas, caption.top - (framing === 'standing' ? height / 70 : 0)),
    caption.svg,
    '</svg>',
  ].join('')
  const sharp = await loadSharp()
  const scene = sharp(Buffer.from(svg))
    .flatten()
    .composite(await prints(request))
  const { data, info } = await scene.raw().toBuffer({ resolveWithObject: true })
  addGrain(data, random.integer(1, 2 ** 30))
  return sharp(data, { raw: { width, height, channels: info.channels } })
    .jpeg({ quality: 86 })
    .toBuffer()
}

function factsOf({ model, width, height, seed, index, watermark }: PictureRequest): string {
  const facts = [model, `${width}x${height}`]
  if (seed !== undefined) facts.push(`seed ${seed}`)
  facts.push(`no. ${index + 1}`)
  if (watermark) facts.push('AI generated')
  return facts.join('  ')
}

function gradients({ sky, water }: Palette): string {
  const [top, middle, bottom] = sky
  return [
    '<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">',
    `<stop offset="0" stop-color="${top}"/><stop offset=".42" stop-color="${middle}"/><stop offset=".72" stop-color="${bottom}"/>`,
    '</linearGradient><linearGradient id="water" x1="0" y1="0" x2="0" y2="1">',
    `<stop offset="0" stop-color="${water[0]}"/><stop offset="1" stop-color="${water[1]}"/>`,
    '</linearGradient></defs>',
  ].join('')
}

/** The references as small prints with a white edge, from the top right corner downwards. */
async function prints({ references, width, height }: PictureRequest) {
  const size = Math.round(Math.min(width, height) * 0.24)
  const edge = Math.max(3, Math.round(size / 22))
  const margin = Math.round(width / 42)
  const shown = references.slice(
    0,
    Math.max(1, Math.floor((height * 0.7) / (size + 2 * edge + margin))),
  )
  return Promise.all(
    shown.map(async ({ bytes }, index) => ({
      input: await (
        await openImage(bytes)
      )
        .rotate()
        .resize(size, size, { fit: 'cover' })
        .flatten({ background: '#ffffff' })
        .toColourspace('srgb')
        .extend({ top: edge, left: edge, right: edge, bottom: edge * 3, background: '#fbf9f3' })
        .png()
        .toBuffer(),
      left: width - margin - size - 2 * edge,
      top: margin + index * (size + 4 * edge + margin),
    })),
  )
}

/** Varies the brightness of every pixel a little, as film does: flat areas would otherwise show bands. */
function addGrain(pixels: Buffer, seed: number): void {
  let state = seed
  for (let offset = 0; offset + 2 < pixels.length; offset += 3) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const change = ((state & 7) + ((state >> 8) & 7) - 7) >> 1
    for (let channel = offset; channel < offset + 3; channel++) {
      const value = (pixels[channel] ?? 0) + change
      pixels[channel] = value < 0 ? 0 : value > 255 ? 255 : value
    }
  }
}
