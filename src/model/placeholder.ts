import {
  letteringColumns,
  letteringPath,
  measureLettering,
  wrapLettering,
} from '../pixels/lettering.ts'
import { openImage } from '../pixels/sharp.ts'
import { sha256 } from '../shared/hash.ts'

/** What a placeholder shows. */
export interface PlaceholderContent {
  /** Pixels, 1 to 16384. */
  readonly width: number
  /** Pixels, 1 to 16384. */
  readonly height: number
  /** The entry's name; it decides the colours. */
  readonly label: string
  /** Shifts the stripes, so that two candidates of one name can be told apart. */
  readonly seed?: number | undefined
}

const MAX_SIDE = 16_384

/**
 * Draws the placeholder for a picture that does not exist yet: a PNG of exactly that size with diagonal stripes, its name and
 * its size. Equal content gives equal bytes.
 */
export async function drawPlaceholder(content: PlaceholderContent): Promise<Uint8Array> {
  const { width, height } = content
  if (![width, height].every((side) => Number.isInteger(side) && side > 0 && side <= MAX_SIDE)) {
    throw new RangeError(`A placeholder of ${width}x${height} pixels cannot be drawn.`)
  }
  const image = await openImage(Buffer.from(svgOf(content)))
  // With few colours a fast compression is small enough, and a dev server waits for this.
  return image.removeAlpha().png({ compressionLevel: 4, adaptiveFiltering: false }).toBuffer()
}

function svgOf(content: PlaceholderContent): string {
  const { width, height, label } = content
  const hue = Number.parseInt(sha256(label).slice(0, 8), 16) % 360
  const colour = (saturation: number, lightness: number): string =>
    `hsl(${hue},${saturation}%,${lightness}%)`
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="100%" height="100%" fill="${colour(38, 90)}"/>` +
    `<path fill="${colour(36, 87)}" d="${stripesPath(content)}"/>` +
    `${blockOf(content, colour(34, 58), colour(35, 26))}</svg>`
  )
}

/** One path for all stripes: a rotated pattern takes librsvg ten times as long. */
function stripesPath({ width, height, seed = 0 }: PlaceholderContent): string {
  const stripe = Math.max(8, Math.round(Math.min(width, height) / 7))
  const shift = Math.abs(Math.trunc(seed)) % (2 * stripe)
  const stripes: string[] = []
  for (let x = shift - height - 2 * stripe; x < width; x += 2 * stripe) {
    stripes.push(`M${x} ${height}l${height} ${-height}h${stripe}l${-height} ${height}z`)
  }
  return stripes.join('')
}

/** The icon, the name and the size, one below the other in the middle. Rows without room are left out. */
function blockOf(
  { width, height, label }: PlaceholderContent,
  light: string,
  dark: string,
): string {
  const side = Math.min(width, height)
  const pixel = Math.max(1, Math.floor(Math.min(side / 110, width / 100)))
  const room = Math.floor(width * 0.86)
  const lines = wrapLettering(label, letteringColumns(room, pixel), 2)
  const rows: Row[] = [
    iconRow(Math.round(side * 0.2), light),
    ...lines.map((line) => textRow(line, pixel, dark)),
    textRow(`${width} x ${height}`, Math.max(1, Math.round(pixel * 0.7)), light),
  ].filter((row) => row.width > 0 && row.width <= room)

  const gap = 5 * pixel
  const heightOf = (list: readonly Row[]): number =>
    list.reduce((sum, row) => sum + row.height + gap, -gap)
  while (rows.length > 0 && heightOf(rows) > height * 0.9) rows.shift()

  let top = Math.round((height - heightOf(rows)) / 2)
  const drawn: string[] = []
  for (const row of rows) {
    drawn.push(row.draw(Math.round((width - row.width) / 2), top))
    top += row.height + gap
  }
  return drawn.join('')
}

interface Row {
  readonly width: number
  readonly height: number
  draw(left: number, top: number): string
}

function textRow(text: string, pixel: number, fill: string): Row {
  return {
    ...measureLettering(text, pixel),
    draw: (x, y) => `<path fill="${fill}" d="${letteringPath(text, { x, y, pixel })}"/>`,
  }
}

/** The sign for a picture: a frame, a sun and two hills, drawn on a grid of 26 by 20. */
function iconRow(height: number, stroke: string): Row {
  const scale = height / 20
  return {
    width: Math.round(26 * scale),
    height,
    draw: (x, y) =>
      `<g transform="translate(${x} ${y}) scale(${scale})" fill="none" stroke="${stroke}" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round">` +
      '<rect x="1" y="1" width="24" height="18" rx="2.5"/><circle cx="8" cy="7" r="2"/>' +
      '<path d="M1.5 16.5l6-5 4 3.5 5.5-6.500 7.500 8"/></g>',
  }
}
