import { crc32, deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import type { Random } from '../../src/emulator/drawing/random.ts'
import { drawBomb } from '../../src/emulator/fault-effects.ts'
import { svgBomb } from '../pixels/svg-bomb.ts'

/** A hostile picture, and what it is. */
export interface HostilePicture {
  readonly what: string
  readonly bytes: Buffer
}

/** The prefix of the names of good pictures: if one were refused, the others would prove nothing. */
export const WHOLE = 'a good '

/** An SVG that draws its parts about as often as the limit allows. */
export const MOST_USES: string = `${WHOLE}svg with 44,444 uses`

type Format = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'tiff'

/** Every raster format that sharp reads and writes here. */
const FORMATS: readonly Format[] = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff']

/** Good pictures of every format that sharp reads, and ways to change them. */
export async function hostilePictures(
  mutations: number,
  random: Random,
): Promise<HostilePicture[]> {
  const good = await Promise.all(
    FORMATS.map(async (format) => ({ format, bytes: await drawing().toFormat(format).toBuffer() })),
  )
  const sources = [...good, { format: 'svg', bytes: Buffer.from(svg('<circle r="9"/>')) }]
  const mutated = Array.from({ length: mutations }, (_, index): HostilePicture => {
    const { format, bytes } = sources[index % sources.length]!
    return random.next() < 0.4
      ? { what: `${format}, cut`, bytes: bytes.subarray(0, random.integer(0, bytes.length - 1)) }
      : { what: `${format}, changed`, bytes: changed(bytes, random) }
  })
  const whole = sources.map(({ format, bytes }) => ({ what: `${WHOLE}${format}`, bytes }))
  return [...(await bombs()), ...whole, ...mutated]
}

function drawing(): Sharp {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
  return sharp({ create: { width: 160, height: 120, channels: 3, background: 'grey', noise } })
}

/** Random bytes, more often near the start, where sizes and counts are. */
function changed(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes)
  const times = random.integer(1, 8)
  for (let time = 0; time < times; time++) {
    const reach = random.next() < 0.6 ? Math.min(200, copy.length) : copy.length
    copy[random.integer(0, reach - 1)] = random.pick([0, 0xff, random.integer(0, 255)])
  }
  return copy
}

async function bombs(): Promise<HostilePicture[]> {
  const tiff = await drawing().tiff().toBuffer()
  const gif = await drawing().gif().toBuffer()
  const jpeg = await drawing().jpeg().toBuffer()
  return [
    { what: 'png of 400 million pixels', bytes: await drawBomb() },
    {
      what: 'png with 256 MB of packed text',
      bytes: withTextBomb(await drawing().png().toBuffer()),
    },
    { what: 'gif with a huge screen', bytes: patched(gif, 6, Buffer.from([255, 255, 255, 255])) },
    { what: 'jpeg that claims 65535 pixels a side', bytes: withJpegSize(jpeg) },
    { what: 'tiff with huge sides', bytes: withTiffSides(tiff, 300_000) },
    { what: 'svg of huge size', bytes: Buffer.from(svg('', 100_000)) },
    {
      what: 'svg with entities in entities',
      bytes: Buffer.from(
        `<!DOCTYPE svg [<!ENTITY a0 "lol">${Array.from(
          { length: 12 },
          (_, level) => `<!ENTITY a${level + 1} "${`&a${level};`.repeat(10)}">`,
        ).join('')}]>${svg('<text>&a12;</text>')}`,
      ),
    },
    {
      what: 'svg that reads a file',
      bytes: Buffer.from(
        `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${svg('<text>&x;</text><image href="file:///etc/passwd" width="9" height="9"/>')}`,
      ),
    },
    { what: 'svg with use in use', bytes: svgBomb(12) },
    {
      what: 'svg with fifty filters on a large canvas',
      bytes: Buffer.from(
        svg(
          `<filter id="f">${'<feTurbulence baseFrequency=".05"/>'.repeat(50)}</filter><rect width="100%" height="100%" filter="url(#f)"/>`,
          9000,
        ),
      ),
    },
    {
      what: 'svg with a path of 300,000 segments',
      bytes: Buffer.from(
        svg(
          `<path d="M0 0${Array.from({ length: 300_000 }, (_, index) => `L${(index * 7919) % 4001} ${(index * 104_729) % 4003}`).join('')}"/>`,
          4000,
        ),
      ),
    },
    { what: MOST_USES, bytes: svgBomb(4, 4) },
    {
      what: 'svg with masks in masks',
      bytes: Buffer.from(
        svg(
          `<mask id="m0"/>${Array.from(
            { length: 12 },
            (_, level) =>
              `<mask id="m${level + 1}">${`<path d="M0 0h9v9z" mask="url(#m${level})"/>`.repeat(10)}</mask>`,
          ).join('')}<path d="M0 0h9v9z" mask="url(#m12)"/>`,
        ),
      ),
    },
    { what: 'nothing', bytes: Buffer.alloc(0) },
    { what: 'zeros', bytes: Buffer.alloc(5_000_000) },
    { what: 'html', bytes: Buffer.from('<!doctype html><title>502</title>') },
  ]
}

function svg(content: string, side = 64): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${content}</svg>`
}

function patched(bytes: Buffer, offset: number, part: Uint8Array): Buffer {
  const copy = Buffer.from(bytes)
  copy.set(part, offset)
  return copy
}

/** In the frame header, after its length and precision. */
function withJpegSize(bytes: Buffer): Buffer {
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]))
  return patched(bytes, frame + 5, Buffer.from([255, 255, 255, 255]))
}

/** Of every entry for width (256) and height (257) of a little-endian TIFF. */
function withTiffSides(bytes: Buffer, side: number): Buffer {
  const copy = Buffer.from(bytes)
  const directory = copy.readUInt32LE(4)
  const entries = copy.readUInt16LE(directory)
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12
    if (![256, 257].includes(copy.readUInt16LE(at))) continue
    copy.writeUInt16LE(4, at + 2)
    copy.writeUInt32LE(side, at + 8)
  }
  return copy
}

/** Compressed text right after the header that unpacks to a much larger size. */
function withTextBomb(png: Buffer): Buffer {
  const packed = deflateSync(Buffer.alloc(256 * 1024 * 1024))
  const chunk = Buffer.concat([Buffer.from('zTXtComment\0\0', 'latin1'), packed])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(chunk.length - 4)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(chunk))
  return Buffer.concat([png.subarray(0, 33), length, chunk, checksum, png.subarray(33)])
}
