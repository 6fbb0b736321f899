import { describe, expect, test } from 'vitest'
import { prepareReference } from '../../src/model/reference-image.ts'
import { sniffMediaType } from '../../src/pixels/media-type.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'
import { svgBomb } from '../pixels/svg-bomb.ts'

const sharp = await loadSharp()
const LIMIT = 10_000_000

/** Left half red, right half blue. */
const halves = sharp({
  create: { width: 64, height: 32, channels: 3, background: 'red' },
}).composite([
  {
    input: { create: { width: 32, height: 32, channels: 3, background: 'blue' } },
    left: 32,
    top: 0,
  },
])

/** Pixels that no encoder can shorten. */
function noise(width: number, height: number, channels: 3 | 4): ReturnType<typeof sharp> {
  const pixels = Buffer.alloc(width * height * channels)
  let state = 1
  for (let index = 0; index < pixels.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    pixels[index] = state >>> 24
  }
  return sharp(pixels, { raw: { width, height, channels } })
}

async function pixelAt(bytes: Uint8Array, left: number, top: number): Promise<number[]> {
  const spot = { left, top, width: 1, height: 1 }
  return [...(await sharp(bytes).extract(spot).removeAlpha().raw().toBuffer())]
}

describe('what stays as it is', () => {
  test.each([
    ['image/png', halves.clone().png()],
    ['image/jpeg', halves.clone().jpeg()],
    ['image/jpeg', halves.clone().withMetadata({ orientation: 6 }).jpeg()],
  ] as const)('%s', async (mediaType, pipeline) => {
    const bytes = await pipeline.toBuffer()
    const prepared = await prepareReference(bytes)
    expect(prepared).toEqual({ mediaType, data: bytes, changed: false })
    expect(prepared.data).toBe(bytes)
  })
})

describe('what is converted', () => {
  test.each([
    ['WebP', halves.clone().webp({ lossless: true })],
    ['AVIF', halves.clone().avif({ lossless: true })],
    ['TIFF', halves.clone().removeAlpha().tiff()],
    ['WebP with an alpha channel that is not used', halves.clone().ensureAlpha().webp()],
  ])('%s becomes JPEG', async (_, pipeline) => {
    const prepared = await prepareReference(await pipeline.toBuffer())
    expect(prepared).toMatchObject({ mediaType: 'image/jpeg', changed: true })
    expect(sniffMediaType(prepared.data)).toBe('image/jpeg')
    const [red, , blue] = await pixelAt(prepared.data, 4, 16)
    expect(red).toBeGreaterThan(240)
    expect(blue).toBeLessThan(16)
  })

  test('a picture with transparency becomes PNG', async () => {
    const background = { r: 255, g: 0, b: 0, alpha: 0.5 }
    const clear = sharp({ create: { width: 64, height: 32, channels: 4, background } })
    const prepared = await prepareReference(await clear.webp().toBuffer())
    expect(prepared).toMatchObject({ mediaType: 'image/png', changed: true })
    expect(sniffMediaType(prepared.data)).toBe('image/png')
    expect((await sharp(prepared.data).metadata()).hasAlpha).toBe(true)
  })

  test('SVG is drawn', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><circle r="9"/></svg>'
    const prepared = await prepareReference(Buffer.from(svg))
    expect(prepared.mediaType).toBe('image/png')
    expect(await sharp(prepared.data).metadata()).toMatchObject({ width: 40, height: 20 })
  })

  test('a rotated picture is turned upright', async () => {
    const bytes = await halves.clone().withMetadata({ orientation: 6 }).webp().toBuffer()
    const { data } = await prepareReference(bytes)
    const { width, height, orientation } = await sharp(data).metadata()
    expect({ width, height, orientation }).toEqual({
      width: 32,
      height: 64,
      orientation: undefined,
    })
    // A quarter turn clockwise brings the red left half to the top.
    expect((await pixelAt(data, 16, 4))[0]).toBeGreaterThan(200)
    expect((await pixelAt(data, 16, 60))[2]).toBeGreaterThan(200)
  })

  test('of an animation the first frame is taken', async () => {
    const frames = await Promise.all(
      ['red', 'blue'].map((background) =>
        sharp({ create: { width: 16, height: 16, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    )
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer()
    const { data } = await prepareReference(gif)
    expect(await sharp(data).metadata()).toMatchObject({ width: 16, height: 16 })
    expect((await pixelAt(data, 8, 8))[0]).toBeGreaterThan(200)
  })

  test('equal bytes give equal bytes', async () => {
    const bytes = await halves.clone().webp().toBuffer()
    expect((await prepareReference(bytes)).data).toEqual((await prepareReference(bytes)).data)
  })
})

describe('what is too large', () => {
  test('comes below the limit, and not far below', async () => {
    const bytes = await noise(2000, 2000, 3).png({ compressionLevel: 0 }).toBuffer()
    expect(bytes.byteLength).toBeGreaterThan(LIMIT)
    const { mediaType, data } = await prepareReference(bytes)
    expect(mediaType).toBe('image/jpeg')
    expect(data.byteLength).toBeLessThan(LIMIT)
    const { width, height } = await sharp(data).metadata()
    expect(width).toBe(height)
    expect(width).toBeGreaterThan(1500)
  })

  test('keeps its transparency', async () => {
    const bytes = await noise(1700, 1700, 4).png({ compressionLevel: 0 }).toBuffer()
    expect(bytes.byteLength).toBeGreaterThan(LIMIT)
    const { mediaType, data } = await prepareReference(bytes)
    expect(mediaType).toBe('image/png')
    expect(data.byteLength).toBeLessThan(LIMIT)
    expect((await sharp(data).metadata()).hasAlpha).toBe(true)
  })
})

describe('what is no picture', () => {
  test('an SVG that draws its parts again and again is not even begun', async () => {
    await expect(prepareReference(svgBomb(12))).rejects.toMatchObject({
      code: 'manifest',
      message: expect.stringMatching(/svg\+xml cannot be read: .+ 1,111,111,111,111 times/),
    })
  })

  test.each([
    ['nothing', ''],
    ['text', 'a picture of a cat'],
    ['a page', '<!DOCTYPE html><p>'],
  ])('%s', async (_, text) => {
    await expect(prepareReference(Buffer.from(text))).rejects.toMatchObject({
      name: 'ImagegenError',
      code: 'manifest',
      message: expect.stringContaining('not a picture of a known format'),
    })
  })

  test('truncated pictures are found out, whatever their header says', async () => {
    const whole = [
      await noise(64, 64, 3).jpeg().toBuffer(),
      await noise(64, 64, 3).png().toBuffer(),
      await noise(64, 64, 3).webp().toBuffer(),
    ]
    for (const bytes of whole) {
      const half = bytes.subarray(0, bytes.length / 2)
      await expect(prepareReference(half)).rejects.toMatchObject({
        code: 'manifest',
        message: expect.stringContaining(`The ${sniffMediaType(bytes)} cannot be read`),
      })
    }
  })
})
