import { describe, expect, it } from 'vitest'
import {
  normaliseProcess,
  withCompositeFiles,
  type ProcessSettings,
} from '../../src/manifest/schema/process.ts'
import type { Pixels } from '../../src/pixels/raw.ts'
import { applyOperations } from '../../src/render/operations.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { svgBomb } from '../pixels/svg-bomb.ts'
import { draw, fileOf, look, pixelAt, plain } from './drawing.ts'

async function process(picture: Pixels, settings: ProcessSettings): Promise<Pixels> {
  return applyOperations(picture, normaliseProcess(settings), () =>
    Promise.reject(new Error('there is no such file')),
  )
}

/** With overlays by their paths. */
async function processWith(
  picture: Pixels,
  files: Readonly<Record<string, Uint8Array>>,
  settings: ProcessSettings,
): Promise<Pixels> {
  const operations = withCompositeFiles(normaliseProcess(settings), (file) => ({
    file,
    sha256: sha256(files[file]!),
  }))
  return applyOperations(picture, operations, (file) => Promise.resolve(files[file]!))
}

const corners = ['rg', 'bw']

describe('applyOperations: each operation', () => {
  it.each<[ProcessSettings[number], readonly string[], readonly string[]]>([
    ['trim', ['wwwww', 'wkkkw', 'wkkkw', 'wkkkw', 'wwwww'], ['kkk', 'kkk', 'kkk']],
    [
      { trim: { margin: 1, lineArt: true } },
      ['wwwww', 'wwwww', 'wwkww', 'wwwww'],
      ['www', 'wkw', 'www'],
    ],
    [{ extract: { left: 1, top: 0, width: 1, height: 2 } }, corners, ['g', 'w']],
    [{ resize: { width: 4, kernel: 'nearest' } }, corners, ['rrgg', 'rrgg', 'bbww', 'bbww']],
    [{ resize: [3, 1, { fit: 'contain', background: 'blue' }] }, ['r'], ['brb']],
    [{ resize: [1, 2, { position: 'right' }] }, ['rg', 'rg'], ['g', 'g']],
    [{ resize: { width: 9, withoutEnlargement: true } }, corners, corners],
    [{ extend: { left: 1, bottom: 1, background: '#f00' } }, ['w'], ['rw', 'rr']],
    [{ extend: { right: 2, extendWith: 'copy' } }, ['rg'], ['rggg']],
    [{ extend: 1 }, ['w'], ['kkk', 'kwk', 'kkk']],
    [{ rotate: 90 }, corners, ['br', 'wg']],
    [{ rotate: -90 }, corners, ['gw', 'rb']],
    ['rotate', corners, corners],
    ['flip', corners, ['bw', 'rg']],
    ['flop', corners, ['gr', 'wb']],
    [{ flip: false }, corners, corners],
    [{ median: 3 }, ['www', 'wkw', 'www'], ['www', 'www', 'www']],
    [{ modulate: { saturation: 0, brightness: 0 } }, ['rgb'], ['kkk']],
    ['negate', ['wkr'], ['kwc']],
    [{ negate: { alpha: false } }, ['w.'], ['k.']],
    [{ threshold: 128 }, ['28'], ['kw']],
    [{ threshold: [128, { greyscale: false }] }, ['rg'], ['rg']],
    [{ flatten: { background: '#00f' } }, ['r.'], ['rb']],
    ['unflatten', ['wk'], ['.k']],
  ])('%j', async (operation, before, after) => {
    expect(look(await process(draw(before), [operation]))).toEqual(after)
  })

  it('normalise stretches the range between dark and light grey to the full range', async () => {
    const stretched = await process(draw(['2468']), [{ normalise: { lower: 0, upper: 100 } }])
    expect(pixelAt(stretched, 0, 0)[0]).toBeLessThan(5)
    expect(pixelAt(stretched, 3, 0)[0]).toBeGreaterThan(250)
  })

  it('blur spreads an edge', async () => {
    const blurred = await process(draw(['kkkkwwww']), [{ blur: 1 }])
    const row = Array.from({ length: 8 }, (_, column) => pixelAt(blurred, column, 0)[0]!)
    expect(row).toEqual(row.toSorted((left, right) => left - right))
    expect(row[3]).toBeGreaterThan(40)
    expect(row[4]).toBeLessThan(215)
  })

  it('sharpen makes an edge steeper', async () => {
    const sharpened = await process(plain('4', 8, 8), [
      { extend: { right: 8, background: { r: 165, g: 165, b: 165 } } },
      { sharpen: { sigma: 2 } },
    ])
    expect(pixelAt(sharpened, 7, 4)[0]).toBeLessThan(115 - 3)
    expect(pixelAt(sharpened, 8, 4)[0]).toBeGreaterThan(165 + 3)
  })

  it('rotate by other angles fills the corners', async () => {
    const turned = await process(plain('w', 20, 20), [{ rotate: [45, { background: '#f00' }] }])
    expect(turned.width).toBeGreaterThanOrEqual(28)
    expect(pixelAt(turned, 0, 0)).toEqual([255, 0, 0])
    expect(pixelAt(turned, turned.width >> 1, turned.height >> 1)).toEqual([255, 255, 255])
  })

  it('tint colours a grey picture', async () => {
    const [red = 0, green = 0, blue = 0] = pixelAt(
      await process(plain('5', 2, 2), [{ tint: '#ff8000' }]),
      0,
      0,
    )
    expect(red).toBeGreaterThan(green)
    expect(green).toBeGreaterThan(blue)
  })

  it('grayscale removes the colour and keeps the brightness', async () => {
    const grey = await process(draw(['gb']), ['grayscale'])
    const [light, dark] = [pixelAt(grey, 0, 0), pixelAt(grey, 1, 0)]
    expect(new Set(light).size).toBe(1)
    expect(new Set(dark).size).toBe(1)
    expect(light[0]).toBeGreaterThan(dark[0]!)
  })

  it('modulate turns the hue', async () => {
    const [red = 0, green = 0, blue = 0] = pixelAt(
      await process(plain('r', 2, 2), [{ modulate: { hue: 180 } }]),
      0,
      0,
    )
    expect(red).toBeLessThan(Math.max(green, blue))
  })

  it('gamma makes resize average light, not numbers', async () => {
    const checkers = draw(Array.from({ length: 8 }, (_, row) => (row % 2 ? 'kw' : 'wk').repeat(4)))
    const [plainly] = pixelAt(await process(checkers, [{ resize: 1 }]), 0, 0)
    const [light] = pixelAt(await process(checkers, ['gamma', { resize: 1 }]), 0, 0)
    expect(plainly).toBeGreaterThan(120)
    expect(plainly).toBeLessThan(136)
    // Half the light: 255 · 0.5^(1 / 2.2) = 186.
    expect(light).toBeGreaterThan(178)
    expect(light).toBeLessThan(194)
  })

  it('gamma with two values brightens or darkens', async () => {
    const [value] = pixelAt(await process(plain('5', 1, 1), [{ gamma: [1, 2] }]), 0, 0)
    // 255 · (140 / 255)^(1 / 2) = 189.
    expect(value).toBeGreaterThan(186)
    expect(value).toBeLessThan(192)
  })

  it('removeAlpha and ensureAlpha change the channels', async () => {
    expect((await process(draw(['r.']), ['removeAlpha'])).channels).toBe(3)
    const opaque = await process(draw(['r']), ['ensureAlpha'])
    expect(pixelAt(opaque, 0, 0)).toEqual([255, 0, 0, 255])
    const half = await process(draw(['r']), [{ ensureAlpha: 0.5 }])
    expect(pixelAt(half, 0, 0)[3]).toBeCloseTo(127.5, -0.5)
  })

  it('colourspace leaves one channel, and later operations keep it', async () => {
    const grey = await process(draw(['wk']), [{ colourspace: 'b-w' }, 'flop', { resize: 2 }])
    expect(grey.channels).toBe(1)
    expect(look(grey)).toEqual(['kw'])
    expect(
      (await process(draw(['wk']), [{ colourspace: 'b-w' }, { colourspace: 'srgb' }])).channels,
    ).toBe(3)
  })

  it('composite places pictures at the given positions', async () => {
    const files = {
      './dot.png': await fileOf(draw(['r'])),
      './bar.png': await fileOf(draw(['b.'])),
    }
    const ground = plain('w', 4, 3)
    const place = async (image: object): Promise<readonly string[]> =>
      look(await processWith(ground, files, [{ composite: [{ input: './dot.png', ...image }] }]))
    expect(await place({ left: 1, top: 2 })).toEqual(['wwww', 'wwww', 'wrww'])
    expect(await place({ gravity: 'northeast' })).toEqual(['wwwr', 'wwww', 'wwww'])
    expect(await place({ tile: true })).toEqual(['rrrr', 'rrrr', 'rrrr'])
    expect(await place({ blend: 'dest-over', gravity: 'north' })).toEqual(['wwww', 'wwww', 'wwww'])
    const both = [
      { input: './bar.png', left: 0, top: 0 },
      { input: './dot.png', left: 0, top: 1 },
    ]
    expect(look(await processWith(ground, files, [{ composite: both }]))).toEqual([
      'bwww',
      'rwww',
      'wwww',
    ])
  })
})

describe('applyOperations: in order', () => {
  it('does both of two resizes', async () => {
    const picture = await process(draw(corners), [{ resize: 1 }, { resize: [2, 2] }])
    expect(
      new Set(Array.from({ length: 4 }, (_, at) => String(pixelAt(picture, at % 2, at >> 1)))).size,
    ).toBe(1)
  })

  it('resizes, turns and resizes', async () => {
    const { width, height } = await process(plain('w', 4, 2), [
      { resize: { width: 8 } },
      { rotate: 90 },
      { resize: { width: 2 } },
    ])
    expect([width, height]).toEqual([2, 4])
  })

  it('crops a turned picture, and turns a cropped one', async () => {
    const cut = { extract: { left: 0, top: 0, width: 1, height: 1 } }
    expect(look(await process(draw(corners), [{ rotate: 90 }, cut]))).toEqual(['b'])
    expect(look(await process(draw(corners), [cut, { rotate: 90 }]))).toEqual(['r'])
  })

  it('blurs before it enlarges, and enlarges before it blurs', async () => {
    const enlarge = { resize: { width: 8, kernel: 'nearest' as const } }
    const blockwise = await process(draw(['kkww']), [{ blur: 1 }, enlarge])
    for (const column of [0, 2, 4, 6]) {
      expect(pixelAt(blockwise, column, 0)).toEqual(pixelAt(blockwise, column + 1, 0))
    }
    const smooth = await process(draw(['kkww']), [enlarge, { blur: 1 }])
    expect(pixelAt(smooth, 2, 0)).not.toEqual(pixelAt(smooth, 3, 0))
  })

  it('does not negate an overlay that is added later', async () => {
    const files = { './dot.png': await fileOf(draw(['r'])) }
    const put = { composite: { input: './dot.png', left: 0, top: 0 } }
    expect(look(await processWith(draw(['ww']), files, ['negate', put]))).toEqual(['rk'])
    expect(
      look(await processWith(draw(['ww']), files, [put, { negate: { alpha: false } }])),
    ).toEqual(['ck'])
  })

  it('does the same operation twice', async () => {
    expect(look(await process(draw(corners), ['flip', 'flip']))).toEqual(corners)
    expect(
      look(await process(draw(['w']), [{ extend: 1 }, { extend: { left: 1, background: 'red' } }])),
    ).toEqual(['rkkk', 'rkwk', 'rkkk'])
    expect(look(await process(draw(corners), [{ rotate: 90 }, { rotate: 90 }]))).toEqual([
      'wb',
      'gr',
    ])
  })

  it('leaves the numbers alone between the halves of an empty gamma', async () => {
    const [value = 0] = pixelAt(
      await process(plain('5', 1, 1), ['gamma', 'flip', { resize: 1 }]),
      0,
      0,
    )
    expect(Math.abs(value - 140)).toBeLessThanOrEqual(1)
  })
})

describe('applyOperations: failures', () => {
  it('names the operation and the picture it failed on', async () => {
    await expect(
      process(draw(corners), ['flip', { extract: { left: 0, top: 0, width: 9, height: 9 } }]),
    ).rejects.toThrow(/^`extract`, number 2 in `process`, failed on a picture of 2x2: /)
  })

  it.each<[string, Pixels, ProcessSettings[number]]>([
    ['the result', plain('w', 10, 10), { resize: [16383, 16383] }],
    ['what is scaled before it is cut', plain('w', 1, 100), { resize: [2000, 1] }],
    ['new edges', plain('w', 2000, 2000), { extend: 16383 }],
    ['the box around a turned picture', plain('w', 16000, 1), { rotate: 45 }],
  ])('refuses a picture that memory cannot hold: %s', async (_, picture, operation) => {
    await expect(process(picture, [operation])).rejects.toThrow(/pixels, of at most 100,000,000/)
  })

  it('refuses an overlay that is larger than the picture, takes for ever to draw, or is not a picture', async () => {
    const files = {
      './big.png': await fileOf(plain('r', 3, 3)),
      './text.png': Buffer.from('hello'),
      './bomb.svg': svgBomb(12),
    }
    for (const input of Object.keys(files)) {
      await expect(
        processWith(draw(corners), files, [{ composite: { input } }]),
      ).rejects.toMatchObject({ code: 'render', message: expect.stringContaining('`composite`') })
    }
  })

  it("refuses an overlay whose bytes differ from the plan's", async () => {
    const operations = withCompositeFiles(
      normaliseProcess([{ composite: { input: './a.png' } }]),
      (file) => ({ file, sha256: sha256('other bytes') }),
    )
    const file = await fileOf(draw(['r']))
    await expect(
      applyOperations(draw(corners), operations, () => Promise.resolve(file)),
    ).rejects.toThrow('./a.png has changed in the meantime')
  })
})
