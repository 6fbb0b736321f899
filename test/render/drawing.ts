import sharp from 'sharp'
import type { Pixels } from '../../src/pixels/raw.ts'

type Colour = readonly [red: number, green: number, blue: number, alpha: number]

/** Colours by their letter in a drawing; the digits are greys. */
const PALETTE: Readonly<Record<string, Colour>> = {
  r: [255, 0, 0, 255],
  g: [0, 255, 0, 255],
  b: [0, 0, 255, 255],
  c: [0, 255, 255, 255],
  w: [255, 255, 255, 255],
  k: [0, 0, 0, 255],
  '.': [0, 0, 0, 0],
  ...Object.fromEntries(
    Array.from({ length: 10 }, (_, step): [string, Colour] => {
      const value = step * 25 + 15
      return [String(step), [value, value, value, 255]]
    }),
  ),
}

/** A picture from rows of letters. It has an alpha channel only if a part is transparent. */
export function draw(rows: readonly string[]): Pixels {
  const colours = rows.flatMap((row) => [...row].map((letter) => PALETTE[letter]!))
  const channels = colours.some(([, , , alpha]) => alpha < 255) ? 4 : 3
  return {
    data: Uint8Array.from(colours.flatMap((colour) => colour.slice(0, channels))),
    width: rows[0]!.length,
    height: rows.length,
    channels,
  }
}

/** A picture of one letter. */
export function plain(letter: string, width: number, height: number): Pixels {
  return draw(Array.from({ length: height }, () => letter.repeat(width)))
}

/** The rows of letters of a picture. A colour outside the palette is `?`. */
export function look(picture: Pixels): readonly string[] {
  return Array.from({ length: picture.height }, (_, row) =>
    Array.from({ length: picture.width }, (_, column) =>
      letterOf(pixelAt(picture, column, row)),
    ).join(''),
  )
}

function letterOf(pixel: readonly number[]): string {
  const [red = 0, green = red, blue = red, alpha = 255] =
    pixel.length <= 2 ? [pixel[0], pixel[0], pixel[0], pixel[1]] : pixel
  const found = Object.entries(PALETTE).find(
    ([, colour]) =>
      colour[3] === alpha &&
      (alpha === 0 || (colour[0] === red && colour[1] === green && colour[2] === blue)),
  )
  return found?.[0] ?? '?'
}

/** One pixel's channels. */
export function pixelAt(picture: Pixels, column: number, row: number): readonly number[] {
  const start = (row * picture.width + column) * picture.channels
  return [...picture.data.subarray(start, start + picture.channels)]
}

/** A picture as the bytes of a file. */
export async function fileOf(
  picture: Pixels,
  format: 'png' | 'jpeg' | 'webp' | 'gif' = 'png',
): Promise<Buffer> {
  const { data, width, height, channels } = picture
  return sharp(data, { raw: { width, height, channels } }).toFormat(format).toBuffer()
}

/** The pixels of a file, without its EXIF orientation. */
export async function pixelsOf(file: string | Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true })
  return {
    data,
    width: info.width,
    height: info.height,
    channels: info.channels,
  }
}
