import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { ImagegenError } from '../../src/shared/errors.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { svgBomb } from '../pixels/svg-bomb.ts'
import { draw, fileOf, plain } from './drawing.ts'
import { createBench, type JobSettings } from './rendering.ts'

async function failureOf(original: Uint8Array, settings?: JobSettings): Promise<ImagegenError> {
  const bench = await createBench()
  const failure: unknown = await bench
    .render(original, { name: 'kira', ...settings })
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ImagegenError)
  expect(await bench.files()).toEqual([])
  return failure as ImagegenError
}

/** A PNG whose header states a size, with a few bytes of pixels. */
function pngOfSize(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length, 0)
    frame.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
  }
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

describe('an original that cannot be read', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('this is no picture')],
    ['HTML', Buffer.from('<!doctype html><title>502</title>')],
    ['a head alone', Buffer.from('\xFF\xD8\xFF\xE0', 'latin1')],
    ['a decompression bomb', pngOfSize(60_000, 60_000)],
    [
      'an SVG of an impossible size',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"/>'),
    ],
    ['an SVG that draws its parts again and again', svgBomb(12)],
  ])('is an error that names the image: %s', async (_, original) => {
    const failure = await failureOf(original)
    expect(failure.code).toBe('render')
    expect(failure.message).toMatch(
      /^kira: The original cannot be read: .+\n {2}→ It is damaged, too large, or in a format/,
    )
    expect(failure.message).not.toMatch(/\n\s+at /)
  })

  it.each(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const)(
    'is an error that names the image: half a %s',
    async (format) => {
      const whole = await sharp(await fileOf(plain('r', 64, 64)))
        .composite([{ input: await fileOf(draw(['gb', 'bg'])), tile: true }])
        .toFormat(format)
        .toBuffer()
      const half = whole.subarray(0, Math.floor(whole.length / 2))
      for (const settings of [
        {},
        { process: ['flip' as const] },
        { output: { placeholder: 'blur' as const } },
      ]) {
        const failure = await failureOf(half, settings)
        expect(failure).toMatchObject({
          code: 'render',
          message: expect.stringMatching(/^kira: The /),
        })
      }
    },
  )

  it('does not affect the next attempt', async () => {
    const bench = await createBench()
    await expect(bench.render(Buffer.from('broken'))).rejects.toThrow(/^kira: /)
    expect((await bench.render(await fileOf(draw(['r'])))).renditions).toHaveLength(1)
  })

  it("is not cached if its bytes differ from the plan's", async () => {
    const bench = await createBench()
    const expected = await fileOf(draw(['r']))
    const job = bench.job(expected)
    const other = {
      ...job,
      original: { sha256: sha256(expected), read: () => fileOf(draw(['g'])) },
    }
    await expect(bench.renderer.render(other, new AbortController().signal)).rejects.toThrow(
      'kira: The original changed while it was being read.',
    )
    expect(await bench.files()).toEqual([])
  })

  it("passes on the store's error", async () => {
    const bench = await createBench()
    const job = bench.job(Buffer.from('x'))
    const unavailable = new ImagegenError('unavailable', { message: 'It is a Git LFS pointer.' })
    const read = (): Promise<Uint8Array> => Promise.reject(unavailable)
    await expect(
      bench.renderer.render(
        { ...job, original: { ...job.original, read } },
        new AbortController().signal,
      ),
    ).rejects.toBe(unavailable)
  })
})

describe('a rendition that cannot be encoded', () => {
  it('is an error that names the image, the operation and its number', async () => {
    const failure = await failureOf(await fileOf(draw(['rg'])), {
      process: ['flip', { extract: { left: 5, top: 0, width: 2, height: 1 } }],
    })
    expect(failure.message).toMatch(
      /^kira: `extract`, number 2 in `process`, failed on a picture of 2x1: .+\n {2}→ /,
    )
  })

  it('is an error that names the format and the size: wider than WebP allows', async () => {
    const failure = await failureOf(await fileOf(plain('r', 16_400, 1)))
    expect(failure.message).toMatch(/^kira: The webp of 16400x1 cannot be encoded: /)
  })

  it('keeps the other renditions', async () => {
    const bench = await createBench()
    const output = { formats: ['webp', 'png'] as const, widths: [100, 'original'] as const }
    await expect(bench.render(await fileOf(plain('r', 16_400, 1)), { output })).rejects.toThrow(
      /webp/,
    )
    expect((await bench.files()).length).toBe(3)
  })
})

describe('a cache folder that cannot be written', () => {
  it('is an error that names the folder', async () => {
    const bench = await createBench()
    writeFileSync(path.join(bench.cacheDir, 'renditions'), 'a file in the way')
    await expect(bench.render(await fileOf(draw(['r'])))).rejects.toMatchObject({
      code: 'render',
      message: expect.stringMatching(
        /^kira: .+\n {2}→ Renditions are cached in .+\. The folder must be writable/,
      ),
    })
  })
})
