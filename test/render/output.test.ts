import { readFileSync } from 'node:fs'
import sharp, { type Metadata } from 'sharp'
import { describe, expect, it } from 'vitest'
import type { OutputFormat, OutputSettings } from '../../src/manifest/schema/output.ts'
import { ImagegenError } from '../../src/shared/errors.ts'
import { draw, fileOf, look, pixelAt, pixelsOf, plain } from './drawing.ts'
import { createBench } from './rendering.ts'

/** Colourful noise, the same every time: every encoder option affects it. */
async function noise(width: number, height: number, channels: 3 | 4 = 3): Promise<Buffer> {
  let state = 1
  const data = Uint8Array.from({ length: width * height * channels }, () => {
    state = (state * 48271) % 2147483647
    return state % 256
  })
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer()
}

async function renderOne(original: Uint8Array, output: OutputSettings): Promise<Buffer> {
  const bench = await createBench()
  const { renditions } = await bench.render(original, { output })
  expect(renditions).toHaveLength(1)
  return readFileSync(renditions[0]!.file)
}

describe('encoder options', () => {
  it.each<[OutputFormat, OutputSettings]>([
    ['avif', { avif: { lossless: true } }],
    ['webp', { webp: { lossless: true } }],
    ['png', {}],
  ])('keep every pixel of a lossless %s', async (format, options) => {
    const original = await noise(16, 16)
    const file = await renderOne(original, { formats: [format], ...options })
    expect((await pixelsOf(file)).data).toEqual((await pixelsOf(original)).data)
  })

  it.each<[string, OutputSettings, OutputSettings]>([
    ['a lower quality', { formats: ['webp'], quality: 30 }, { formats: ['webp'], quality: 90 }],
    ['a lower quality', { formats: ['jpeg'], quality: 30 }, { formats: ['jpeg'], quality: 90 }],
    ['a lower quality', { formats: ['avif'], quality: 20 }, { formats: ['avif'], quality: 90 }],
    ['fewer colours', { formats: ['gif'], gif: { colours: 4 } }, { formats: ['gif'] }],
    ['a palette', { formats: ['png'], png: { palette: true, colours: 8 } }, { formats: ['png'] }],
    [
      'near lossless',
      { formats: ['webp'], webp: { nearLossless: true, quality: 20 } },
      { formats: ['webp'], webp: { lossless: true } },
    ],
    [
      'mozjpeg',
      { formats: ['jpeg'], jpeg: { mozjpeg: true } },
      { formats: ['jpeg'], jpeg: { optimiseCoding: false } },
    ],
    [
      'subsampled chroma',
      { formats: ['jpeg'] },
      { formats: ['jpeg'], jpeg: { chromaSubsampling: '4:4:4' } },
    ],
  ])('%s makes the file smaller: %j against %j', async (_, smaller, larger) => {
    const original = await noise(64, 64)
    const [small, large] = await Promise.all([
      renderOne(original, smaller),
      renderOne(original, larger),
    ])
    expect(small.length).toBeLessThan(large.length)
  })

  it('compressionLevel 0 leaves a PNG as large as its pixels', async () => {
    const original = await fileOf(plain('r', 64, 64))
    const file = await renderOne(original, { formats: ['png'], png: { compressionLevel: 0 } })
    expect(file.length).toBeGreaterThan(64 * 64 * 3)
    expect((await renderOne(original, { formats: ['png'] })).length).toBeLessThan(2000)
  })

  it.each<[OutputSettings, Partial<Metadata>]>([
    [{ formats: ['jpeg'], jpeg: { progressive: true } }, { isProgressive: true }],
    [{ formats: ['jpeg'] }, { isProgressive: false, chromaSubsampling: '4:2:0' }],
    [{ formats: ['jpeg'], jpeg: { chromaSubsampling: '4:4:4' } }, { chromaSubsampling: '4:4:4' }],
    [{ formats: ['png'], png: { progressive: true } }, { isProgressive: true }],
    [{ formats: ['png'], png: { palette: true } }, { isPalette: true }],
    [{ formats: ['png'], quality: { png: 60 } }, { isPalette: true }],
    [{ formats: ['png'], quality: 60 }, { isPalette: false }],
    [{ formats: ['avif'], avif: { bitdepth: 10 } }, { bitsPerSample: 10 }],
    [{ formats: ['avif'] }, { bitsPerSample: 8, compression: 'av1' }],
    [{ formats: ['gif'], gif: { progressive: true } }, { isProgressive: true }],
  ])('%j gives a file with %j', async (output, metadata) => {
    expect(await sharp(await renderOne(await noise(32, 32), output)).metadata()).toMatchObject(
      metadata,
    )
  })

  it('give advice where this sharp cannot write JPEG XL', async () => {
    expect(sharp.format.jxl.output.buffer, 'this sharp writes JPEG XL: test that it does').toBe(
      false,
    )
    const bench = await createBench()
    const failure = await bench
      .render(await noise(8, 8), { output: { formats: ['jxl'] } })
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ImagegenError)
    expect(failure).toMatchObject({
      code: 'render',
      message: expect.stringMatching(
        /^kira: This build of sharp cannot write jxl\.\n.*Take jxl out/,
      ),
    })
  })
})

describe('aspectRatio', () => {
  const wide = draw(['rrrkgggg', 'rrrkgggg'])

  it.each<[OutputSettings, readonly string[]]>([
    [{ aspectRatio: '1:1', position: 'left' }, ['rr', 'rr']],
    [{ aspectRatio: '1:1', position: 'east' }, ['gg', 'gg']],
    [{ aspectRatio: '1:1' }, ['kg', 'kg']],
    [{ aspectRatio: '4:1' }, ['rrrkgggg', 'rrrkgggg']],
    [{ aspectRatio: '8:1', position: 'bottom' }, ['rrrkgggg']],
  ])('%j keeps %j', async (output, rows) => {
    const file = await renderOne(await fileOf(wide), { formats: ['png'], ...output })
    expect(look(await pixelsOf(file))).toEqual(rows)
  })

  it('with `contain` shows all of the picture', async () => {
    const file = await renderOne(await fileOf(plain('r', 40, 20)), {
      formats: ['png'],
      aspectRatio: '1:1',
      fit: 'contain',
    })
    const picture = await pixelsOf(file)
    expect([picture.width, picture.height]).toEqual([20, 20])
    expect(pixelAt(picture, 10, 10)).toEqual([255, 0, 0])
    expect(pixelAt(picture, 10, 0)).toEqual([0, 0, 0])
  })

  it.each(['attention', 'entropy'] as const)(
    'with `%s` finds the subject, and shows the same part at every width',
    async (position) => {
      const spot = await noise(40, 40)
      const original = await sharp({
        create: { width: 240, height: 60, channels: 3, background: '#888' },
      })
        .composite([{ input: spot, left: 180, top: 10 }])
        .png()
        .toBuffer()
      const bench = await createBench()
      const { renditions } = await bench.render(original, {
        output: { formats: ['png'], widths: [30, 60], aspectRatio: '1:1', position },
      })
      const [small, large] = await Promise.all(
        renditions.map(({ file }) => sharp(file).resize(30, 30).greyscale().raw().toBuffer()),
      )
      const busy = [...large!].filter((value) => Math.abs(value - 0x88) > 8).length
      expect(busy).toBeGreaterThan(200)
      const difference = large!.reduce(
        (sum, value, index) => sum + Math.abs(value - small![index]!),
        0,
      )
      expect(difference / large!.length).toBeLessThan(10)
    },
  )
})

describe('placeholder', () => {
  it('returns a blurred picture of at most 300 characters, in the shape of the finished one', async () => {
    for (const original of [await noise(320, 180), await noise(320, 320, 4)]) {
      const bench = await createBench()
      const { blurDataURL, color } = await bench.render(original, {
        process: [{ rotate: 90 }],
        output: { widths: [16], placeholder: 'blur' },
      })
      expect(color).toBeUndefined()
      expect(blurDataURL).toMatch(/^data:image\/webp;base64,/)
      expect(blurDataURL!.length).toBeLessThanOrEqual(300)
      const { width, height } = await sharp(
        Buffer.from(blurDataURL!.split(',')[1]!, 'base64'),
      ).metadata()
      expect(height).toBe(8)
      expect(width).toBe((await sharp(original).metadata()).height === 180 ? 5 : 8)
    }
  })

  it('returns the average colour of the visible parts', async () => {
    const bench = await createBench()
    const colour = async (
      rows: readonly string[],
      process: 'negate'[] = [],
    ): Promise<string | undefined> =>
      (await bench.render(await fileOf(draw(rows)), { process, output: { placeholder: 'color' } }))
        .color
    expect(await colour(['rr', 'rr'])).toBe('#ff0000')
    expect(await colour(['rr', 'rr'], ['negate'])).toBe('#00ffff')
    expect(await colour(['r.', '..'])).toBe('#ff0000')
    expect(await colour(['wk', 'kw'])).toMatch(/^#(7f|80){3}$/)
  })

  it('says where parts of the picture can be seen through', async () => {
    const bench = await createBench()
    const seenThrough = async (
      rows: readonly string[],
      placeholder: 'blur' | 'color',
    ): Promise<true | undefined> =>
      (await bench.render(await fileOf(draw(rows)), { output: { placeholder } })).alpha
    for (const placeholder of ['blur', 'color'] as const) {
      expect(await seenThrough(['rr', 'rr'], placeholder)).toBeUndefined()
      expect(await seenThrough(['r.', 'rr'], placeholder)).toBe(true)
      const oneHole = [`.${'r'.repeat(99)}`, ...Array<string>(99).fill('r'.repeat(100))]
      expect(await seenThrough(oneHole, placeholder)).toBe(true)
      const { alpha } = await bench.render(await noise(32, 32), { output: { placeholder } })
      expect(alpha).toBeUndefined()
    }
  })

  it('returns nothing if none is requested', async () => {
    const bench = await createBench()
    const image = await bench.render(await fileOf(plain('r', 2, 2)))
    expect(Object.keys(image)).toEqual(['renditions'])
  })
})
