import { readFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { OutputFormat } from '../../src/manifest/schema/output.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { draw, fileOf, look, pixelAt, pixelsOf, plain } from './drawing.ts'
import { createBench } from './rendering.ts'

/** As much detail as a photograph, the same every time. */
async function photo(width = 64, height = 36): Promise<Buffer> {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    const [column, row] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width)]
    return 128 + 90 * Math.sin(column / 5 + (index % 3)) * Math.cos(row / 4) + ((index * 7919) % 23)
  })
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95 })
    .toBuffer()
}

describe('createRenderer', () => {
  it('writes every format at every width, best format first, widths ascending', async () => {
    const bench = await createBench()
    const { renditions } = await bench.render(await photo(), {
      name: 'kira at night',
      output: { formats: ['avif', 'webp', 'jpeg', 'png', 'gif'], widths: [64, 16, 32] },
    })
    expect(renditions.map(({ format, width, height }) => [format, width, height])).toEqual(
      (['avif', 'webp', 'jpeg', 'png', 'gif'] as const).flatMap((format) => [
        [format, 16, 9],
        [format, 32, 18],
        [format, 64, 36],
      ]),
    )
    for (const { file, format, width, height, bytes, sha256: hash } of renditions) {
      const content = readFileSync(file)
      expect(path.dirname(file)).toBe(path.join(bench.cacheDir, 'renditions'))
      expect(path.basename(file)).toMatch(/^kira-at-night-[0-9a-f]{16}\.(avif|webp|jpg|png|gif)$/)
      expect([content.length, sha256(content)]).toEqual([bytes, hash])
      const metadata = await sharp(content).metadata()
      expect(metadata).toMatchObject({ width, height, format: format === 'avif' ? 'heif' : format })
    }
  })

  it.each([
    ['CON', 'image-CON-'],
    ['../../etc/passwd', 'etc-passwd-'],
    ['Käse', 'Kase-'],
    ['猫', 'image-'],
    ['a!b?c#d', 'a-b-c-d-'],
    ['x'.repeat(300), `${'x'.repeat(60)}-`],
  ])('gives the files of %j a safe name', async (name, start) => {
    const bench = await createBench()
    const [rendition] = (await bench.render(await fileOf(plain('r', 2, 2)), { name })).renditions
    expect(path.basename(rendition!.file).replace(/[0-9a-f]{16}\.webp$/, '')).toBe(start)
    expect(path.dirname(rendition!.file)).toBe(path.join(bench.cacheDir, 'renditions'))
  })

  it("writes one file for all widths above the picture's own and enlarges nothing", async () => {
    const bench = await createBench()
    const { renditions } = await bench.render(await photo(), {
      output: { widths: [32, 64, 65, 4000, 'original'] },
    })
    expect(renditions.map(({ width }) => width)).toEqual([32, 64])
    expect(await bench.files()).toHaveLength(2)
  })

  it('uses the width after `process` as the original one', async () => {
    const bench = await createBench()
    const { renditions } = await bench.render(await photo(), {
      process: [{ resize: { width: 128 } }],
      output: { widths: [100, 'original'] },
    })
    expect(renditions.map(({ width, height }) => [width, height])).toEqual([
      [100, 56],
      [128, 72],
    ])
  })

  it('gives the same bytes in another cache, however much runs concurrently', async () => {
    const settings = {
      output: { formats: ['avif', 'webp', 'jpeg'] as OutputFormat[], widths: [16, 64] },
    }
    const hashes = await Promise.all(
      [1, 4].map(async (parallel) => {
        const bench = await createBench(parallel)
        const { renditions } = await bench.render(await photo(), settings)
        return renditions.map((rendition) => rendition.sha256)
      }),
    )
    expect(hashes[0]).toEqual(hashes[1])
  })
})

describe('colours', () => {
  it('are sRGB with its profile, and no metadata of the original is left', async () => {
    const bench = await createBench()
    const original = await sharp(await photo())
      .withExif({ IFD0: { Copyright: 'secret' }, IFD3: { GPSLatitude: '1/1 2/1 3/1' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">secret</x:xmpmeta>')
      .withIccProfile('p3')
      .toBuffer()
    const { renditions } = await bench.render(original, {
      output: { formats: ['avif', 'webp', 'jpeg', 'png', 'gif'] },
    })
    for (const { file, format } of renditions) {
      const content = readFileSync(file)
      const { exif, xmp, icc, space } = await sharp(content).metadata()
      expect({ exif, xmp, space }, format).toEqual({
        exif: undefined,
        xmp: undefined,
        space: 'srgb',
      })
      if (format !== 'gif') expect(icc?.includes('\0s\0R\0G\0B'), format).toBe(true)
      expect(content.includes('secret'), format).toBe(false)
    }
  })

  it('are right with another profile, with and without operations, at 8 and 16 bits', async () => {
    const green = sharp({
      create: { width: 8, height: 8, channels: 3, background: 'rgb(100,200,100)' },
    })
    const originals = [
      await green.clone().withIccProfile('p3').png().toBuffer(),
      await green.clone().toColourspace('rgb16').withIccProfile('p3').png().toBuffer(),
    ]
    for (const original of originals) {
      expect((await sharp(original).metadata()).icc).toBeDefined()
      for (const process of [[], ['flip' as const]]) {
        const bench = await createBench()
        const [rendition] = (
          await bench.render(original, { process, output: { formats: ['png'] } })
        ).renditions
        const [red = 0, ...others] = pixelAt(await pixelsOf(rendition!.file), 0, 0)
        for (const [value, expected] of [
          [red, 100],
          [others[0]!, 200],
          [others[1]!, 100],
        ] as const) {
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(2)
        }
      }
    }
  })

  it('stay grey in one channel after `colourspace: b-w`', async () => {
    const bench = await createBench()
    const { renditions } = await bench.render(await photo(), {
      process: [{ colourspace: 'b-w' }],
      output: { formats: ['png', 'jpeg', 'webp'], widths: [16] },
    })
    const channels = await Promise.all(
      renditions.map(async ({ file }) => (await sharp(file).metadata()).channels),
    )
    // WebP has no grey.
    expect(channels).toEqual([1, 1, 3])
  })

  it('keep their transparency, and are on white in JPEG', async () => {
    const bench = await createBench()
    const { renditions } = await bench.render(await fileOf(draw(['r.', '..'])), {
      output: { formats: ['png', 'webp', 'jpeg'], webp: { lossless: true } },
    })
    const [png, webp, jpeg] = await Promise.all(renditions.map(({ file }) => pixelsOf(file)))
    expect(look(png!)).toEqual(['r.', '..'])
    expect(look(webp!)).toEqual(['r.', '..'])
    expect(pixelAt(jpeg!, 1, 1).every((value) => value > 200)).toBe(true)
  })

  it('are on the colour of `flatten` if it is set', async () => {
    const bench = await createBench()
    const { renditions } = await bench.render(await fileOf(plain('.', 8, 8)), {
      process: [{ flatten: { background: '#000' } }],
      output: { formats: ['jpeg'] },
    })
    expect(pixelAt(await pixelsOf(renditions[0]!.file), 4, 4)).toEqual([0, 0, 0])
  })
})

describe('orientation', () => {
  // As it is stored: with the value 6, a camera held to the side asks for a clockwise turn by 90°.
  const stored = draw(['rg', 'bw', 'kk'])

  it.each([
    ['as it is', []],
    ['before the operations', [{ extract: { left: 0, top: 0, width: 2, height: 2 } }]],
  ])('of EXIF is applied first: %s', async (_, process) => {
    const bench = await createBench()
    const original = await sharp(await fileOf(stored))
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer()
    const { renditions } = await bench.render(original, { process, output: { formats: ['png'] } })
    const shown = look(await pixelsOf(renditions[0]!.file))
    expect(shown).toEqual(process.length === 0 ? ['kbr', 'kwg'] : ['kb', 'kw'])
    expect((await sharp(renditions[0]!.file).metadata()).orientation).toBeUndefined()
  })

  it('turns width and height of scaled renditions', async () => {
    const bench = await createBench()
    const original = await sharp(await photo(64, 32))
      .withMetadata({ orientation: 8 })
      .toBuffer()
    const { renditions } = await bench.render(original, { output: { widths: [16, 'original'] } })
    expect(renditions.map(({ width, height }) => [width, height])).toEqual([
      [16, 32],
      [32, 64],
    ])
    const { width, height } = await sharp(renditions[0]!.file).metadata()
    expect([width, height]).toEqual([16, 32])
  })
})
