import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { resolveOutput } from '../../src/manifest/schema/output.ts'
import { prepareReference } from '../../src/model/reference-image.ts'
import { decodePixels, openPixels } from '../../src/pixels/raw.ts'
import { applyOperations } from '../../src/render/operations.ts'
import { renditionKey, type RenditionRecipe } from '../../src/render/rendition.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { pixelAt, pixelsOf } from './drawing.ts'
import { createBench } from './rendering.ts'

const SIDE = 16

/** The profile of a file of 16 bits a channel, and the sRGB colour that it shows. */
type Profile = 'none' | 'p3' | 'srgb'

/** A file of 16 bits a channel in one colour. */
async function deep(
  colour: readonly number[],
  { profile = 'none', format = 'png' }: { profile?: Profile; format?: 'png' | 'tiff' } = {},
): Promise<Buffer> {
  const channels = colour.length as 1 | 2 | 3 | 4
  const samples = Uint16Array.from(
    { length: SIDE * SIDE * channels },
    (_, index) => colour[index % channels]! * 257,
  )
  const raw = sharp(samples, { raw: { width: SIDE, height: SIDE, channels } })
  const written = raw.toColourspace(channels <= 2 ? 'grey16' : 'rgb16')
  return (profile === 'none' ? written : written.withIccProfile(profile))
    .toFormat(format)
    .toBuffer()
}

/** A file of 8 bits a channel with a profile other than sRGB's that shows this sRGB colour. */
async function wide(colour: readonly [number, number, number]): Promise<Buffer> {
  const [r, g, b] = colour
  return sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: { r, g, b } } })
    .withIccProfile('p3')
    .png()
    .toBuffer()
}

/** A profile of grey whose samples are proportional to light. */
function linearGrey(): Buffer {
  const tags: Array<readonly [string, Buffer]> = [
    ['desc', Buffer.from('desc\0\0\0\0\0\0\0\x05grey\0'.padEnd(96, '\0'), 'latin1')],
    ['cprt', Buffer.from('text\0\0\0\0none\0\0\0\0', 'latin1')],
    ['wtpt', Buffer.from('58595a2000000000' + '0000f6d6000100000000d32d', 'hex')],
    ['kTRC', Buffer.from('6375727600000000' + '00000000', 'hex')],
  ]
  const table = Buffer.alloc(4 + 12 * tags.length)
  table.writeUInt32BE(tags.length)
  let offset = 128 + table.length
  for (const [index, [name, content]] of tags.entries()) {
    table.write(name, 4 + 12 * index, 'latin1')
    table.writeUInt32BE(offset, 8 + 12 * index)
    table.writeUInt32BE(content.length, 12 + 12 * index)
    offset += content.length
  }
  const header = Buffer.alloc(128)
  header.writeUInt32BE(offset)
  header.write('02100000', 8, 'hex')
  header.write('mntrGRAYXYZ ', 12, 'latin1')
  header.write('acsp', 36, 'latin1')
  header.write('0000f6d6000100000000d32d', 68, 'hex')
  return Buffer.concat([header, table, ...tags.map(([, content]) => content)])
}

/** A PNG with a profile inserted after its header. */
function withProfile(png: Buffer, profile: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from('iCCPgrey\0\0', 'latin1'), deflateSync(profile)])
  const chunk = Buffer.alloc(content.length + 8)
  chunk.writeUInt32BE(content.length - 4)
  content.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(content), chunk.length - 4)
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)])
}

/** The first pixel, as colour without alpha. */
async function colourOf(bytes: Uint8Array | string): Promise<number[]> {
  const picture = await pixelsOf(bytes)
  const pixel = pixelAt(picture, SIDE / 4, SIDE / 4)
  return picture.channels <= 2 ? [pixel[0]!, pixel[0]!, pixel[0]!] : pixel.slice(0, 3)
}

function near(actual: readonly number[], expected: readonly number[], tolerance = 1): void {
  expect(actual.map((value, index) => Math.abs(value - expected[index]!))).toSatisfy(
    (differences: number[]) => differences.every((difference) => difference <= tolerance),
    `${actual.join()} is ${expected.join()}`,
  )
}

// Without a fix sharp would write P3 values: 200,60,60 in P3 is 217,42,53 in sRGB.
const PICTURES: ReadonlyArray<readonly [string, () => Promise<Buffer>, readonly number[]]> = [
  ['16-bit colour', () => deep([200, 60, 60]), [200, 60, 60]],
  ['16-bit colour with alpha', () => deep([200, 60, 60, 255]), [200, 60, 60]],
  ['16-bit colour in Display P3', () => deep([200, 60, 60], { profile: 'p3' }), [217, 42, 53]],
  ['16-bit colour in sRGB', () => deep([200, 60, 60], { profile: 'srgb' }), [217, 42, 53]],
  ['16-bit grey', () => deep([100]), [100, 100, 100]],
  ['16-bit grey with alpha', () => deep([100, 255]), [100, 100, 100]],
  [
    '16-bit grey with a profile',
    async () => withProfile(await deep([100]), linearGrey()),
    [168, 168, 168],
  ],
  ['a 16-bit TIFF', () => deep([200, 60, 60], { format: 'tiff' }), [200, 60, 60]],
  ['8-bit Display P3', () => wide([200, 60, 60]), [200, 60, 60]],
  [
    'a palette',
    () =>
      sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: 'rgb(200,60,60)' } })
        .png({ palette: true })
        .toBuffer(),
    [200, 60, 60],
  ],
]

describe.each(PICTURES)('%s', (_, draw, expected) => {
  it('keeps its colour in a rendition', async () => {
    const bench = await createBench()
    const { renditions } = await bench.render(await draw(), { output: { formats: ['png'] } })
    near(await colourOf(renditions[0]!.file), expected)
  })

  it('keeps its colour in a rendition of another width, and in JPEG', async () => {
    const bench = await createBench()
    const output = { formats: ['jpeg'], widths: [SIDE / 2], quality: 100 } as const
    const { renditions } = await bench.render(await draw(), { output })
    near(await colourOf(renditions[0]!.file), expected, 2)
  })

  it('keeps its colour through `process` and a crop', async () => {
    const bench = await createBench()
    const { renditions } = await bench.render(await draw(), {
      process: ['flip', { resize: { width: SIDE } }],
      output: { formats: ['png'], aspectRatio: '2:1' },
    })
    near(await colourOf(renditions[0]!.file), expected)
  })

  it('keeps its colour in placeholders', async () => {
    const bench = await createBench()
    const original = await draw()
    const { color } = await bench.render(original, { output: { placeholder: 'color' } })
    near([...Buffer.from(color!.slice(1), 'hex')], expected)
    const { blurDataURL } = await bench.render(original, { output: { placeholder: 'blur' } })
    const blur = Buffer.from(blurDataURL!.split(',')[1]!, 'base64')
    near([...pixelAt(await pixelsOf(blur), 1, 1)].slice(0, 3), expected, 4)
  })

  it('keeps its colour as an overlay on another picture', async () => {
    const overlay = await draw()
    const ground = await decodePixels(await deep([255, 255, 255]))
    const input = sha256(overlay)
    const files = [{ file: 'overlay.png', sha256: input }]
    const put = { name: 'composite', args: [[{ input }]], files } as const
    const picture = await applyOperations(ground, [put as never], () => Promise.resolve(overlay))
    near(pixelAt(picture, 1, 1).slice(0, 3), expected)
  })

  it('keeps its colour as a reference, which is sent in 8-bit sRGB', async () => {
    const { data } = await prepareReference(await draw())
    const { depth, icc } = await sharp(data).metadata()
    expect(depth).toBe('uchar')
    expect(icc).toBeUndefined()
    near(await colourOf(data), expected, 2)
  })
})

describe('a 16-bit picture', () => {
  it('keeps its transparency', async () => {
    const bench = await createBench()
    const { renditions } = await bench.render(await deep([200, 60, 60, 128]), {
      output: { formats: ['png'] },
    })
    near(pixelAt(await pixelsOf(renditions[0]!.file), 1, 1), [200, 60, 60, 128])
  })

  it('is rotated upright once', async () => {
    const rows = Uint16Array.from({ length: 2 * 4 * 3 }, (_, index) => (index < 12 ? 65_535 : 0))
    const original = await sharp(rows, { raw: { width: 2, height: 4, channels: 3 } })
      .toColourspace('rgb16')
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer()
    const bench = await createBench()
    const { renditions } = await bench.render(original, { output: { formats: ['png'] } })
    expect(renditions[0]).toMatchObject({ width: 4, height: 2 })
    const picture = await pixelsOf(renditions[0]!.file)
    expect([pixelAt(picture, 0, 0)[0], pixelAt(picture, 3, 0)[0]]).toEqual([0, 255])
  })
})

describe('CMYK', () => {
  it('has the same colour in renditions, placeholders and references', async () => {
    const original = await sharp({
      create: { width: SIDE, height: SIDE, channels: 3, background: 'rgb(200,60,60)' },
    })
      .withIccProfile('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer()
    expect((await sharp(original).metadata()).space).toBe('cmyk')
    const expected = (await decodePixels(original)).data.subarray(0, 3)
    const bench = await createBench()
    const { renditions, color } = await bench.render(original, {
      output: { formats: ['png'], placeholder: 'color' },
    })
    near(await colourOf(renditions[0]!.file), [...expected])
    near([...Buffer.from(color!.slice(1), 'hex')], [...expected])
    const { data, changed } = await prepareReference(original)
    expect(changed).toBe(true)
    expect((await sharp(data).metadata()).space).toBe('srgb')
    near(await colourOf(data), [...expected], 2)
  })
})

describe('references that need no conversion', () => {
  it.each(['none', 'srgb'] as const)('are sent unchanged with the profile: %s', async (profile) => {
    const plain = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    const bytes = await (profile === 'none' ? plain : plain.withIccProfile(profile))
      .jpeg()
      .toBuffer()
    expect(await prepareReference(bytes)).toMatchObject({ changed: false, data: bytes })
  })
})

describe('renditionKey', () => {
  const recipe: RenditionRecipe = {
    original: sha256('original'),
    operations: [],
    output: resolveOutput([]),
    versions: { sharp: '0.35.5', vips: '8.18.0' },
    format: 'webp',
    width: 64,
    provenance: undefined,
  }

  it('does not change for pictures that have 8 bits a channel', () => {
    expect(renditionKey({ ...recipe, mediaType: 'image/jpeg' })).toBe(KEY_OF_OLD_VERSIONS)
    expect(renditionKey({ ...recipe, mediaType: 'image/webp' })).toBe(KEY_OF_OLD_VERSIONS)
  })

  it.each(['image/png', 'image/tiff', 'image/avif'] as const)(
    'changes for %s, whose colours may have been wrong',
    (mediaType) => {
      expect(renditionKey({ ...recipe, mediaType })).not.toBe(KEY_OF_OLD_VERSIONS)
    },
  )
})

/** Computed by version 0.1.0. */
const KEY_OF_OLD_VERSIONS = '4c69b5af1e0b82f4fd23a46fac8f6f9682da0dd925ad92a64752841a38026728'

// `openPixels` returns the pixels that `decodePixels` gave.
it('decoded pixels do not change when they are opened again', async () => {
  const pixels = await decodePixels(await deep([200, 60, 60], { profile: 'p3' }))
  const { data } = await (await openPixels(pixels)).raw().toBuffer({ resolveWithObject: true })
  expect(new Uint8Array(data)).toEqual(new Uint8Array(pixels.data))
})
