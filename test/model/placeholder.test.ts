import { describe, expect, test } from 'vitest'
import { drawPlaceholder } from '../../src/model/placeholder.ts'
import { sniffMediaType } from '../../src/pixels/media-type.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'

const sharp = await loadSharp()

describe('drawPlaceholder', () => {
  test.each([
    [1280, 720],
    [720, 1280],
    [2048, 2048],
    [640, 64],
    [64, 640],
    [16, 16],
    [1, 1],
  ])('draws a small PNG of exactly %ix%i', async (width, height) => {
    const bytes = await drawPlaceholder({ width, height, label: 'kira in the library', seed: 1 })
    expect(sniffMediaType(bytes)).toBe('image/png')
    expect(await sharp(bytes).metadata()).toMatchObject({ width, height, hasAlpha: false })
    expect(bytes.byteLength).toBeLessThan(200_000)
  })

  test('draws equal bytes for equal content, and others for other content', async () => {
    const content = { width: 320, height: 180, label: 'kira', seed: 1 }
    const bytes = await drawPlaceholder(content)
    expect(await drawPlaceholder({ ...content })).toEqual(bytes)
    for (const change of [{ label: 'kirb' }, { seed: 2 }, { width: 321 }, { height: 181 }]) {
      expect(await drawPlaceholder({ ...content, ...change })).not.toEqual(bytes)
    }
  })

  test('the name decides the colour: one hue, light and quiet', async () => {
    const { dominant } = await sharp(
      await drawPlaceholder({ width: 320, height: 180, label: 'kira' }),
    ).stats()
    const channels = [dominant.r, dominant.g, dominant.b]
    expect(Math.min(...channels)).toBeGreaterThan(190)
    expect(Math.max(...channels) - Math.min(...channels)).toBeGreaterThan(5)
  })

  test('letters the name in dark', async () => {
    const darkest = async (label: string): Promise<number> => {
      const { channels } = await sharp(
        await drawPlaceholder({ width: 640, height: 360, label }),
      ).stats()
      return Math.min(...channels.map(({ min }) => min))
    }
    expect(await darkest('kira')).toBeLessThan(64)
    expect(await darkest('')).toBeGreaterThan(80)
  })

  test('markup and any script in a name do no harm', async () => {
    for (const label of [
      '</svg><script>',
      '&amp;"\'',
      '日本語',
      '\u0000\uD800',
      'x'.repeat(5000),
    ]) {
      const bytes = await drawPlaceholder({ width: 320, height: 180, label })
      expect(await sharp(bytes).metadata()).toMatchObject({ width: 320, height: 180 })
    }
  })

  test('any seed will do', async () => {
    for (const seed of [0, -5, Number.MAX_SAFE_INTEGER, undefined]) {
      const bytes = await drawPlaceholder({ width: 32, height: 32, label: 'x', seed })
      expect(await sharp(bytes).metadata()).toMatchObject({ width: 32 })
    }
  })

  test.each([
    [0, 10],
    [10, -1],
    [1.5, 10],
    [100_000, 10],
    [Number.NaN, 10],
  ])('refuses %d x %d', async (width, height) => {
    await expect(drawPlaceholder({ width, height, label: '' })).rejects.toThrow(RangeError)
  })
})
