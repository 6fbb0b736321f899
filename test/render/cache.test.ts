import { readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolveOutput, type OutputSettings } from '../../src/manifest/schema/output.ts'
import { createRenderer, type RenderedImage } from '../../src/render/render.ts'
import { pictureKey, renditionKey, type RenditionRecipe } from '../../src/render/rendition.ts'
import { draw, fileOf, plain } from './drawing.ts'
import { createBench, type Bench, type JobSettings } from './rendering.ts'

const picture = fileOf(draw(['rgbwkrgb', 'wkrgbwkr', 'gbwkrgbw', 'krgbwkrg']))
const base: JobSettings = {
  output: { formats: ['webp', 'jpeg', 'png'], widths: [2, 4], aspectRatio: '1:1' },
  model: 'image-01',
}

/** How many new files a change writes. */
async function written(bench: Bench, settings: JobSettings): Promise<number> {
  const before = new Set(await bench.files())
  await bench.render(await picture, settings)
  return (await bench.files()).filter((file) => !before.has(file)).length
}

describe('what is re-rendered', () => {
  it.each<[string, JobSettings, number]>([
    ['nothing', {}, 0],
    ['the placeholder', { output: { placeholder: 'blur' } }, 0],
    ['an option of a format that is not written', { output: { avif: { effort: 1 } } }, 0],
    ['a default that is written out', { output: { quality: 80, fit: 'cover' } }, 0],
    ['the order of formats', { output: { formats: ['png', 'jpeg', 'webp'] } }, 0],
    ['a width less', { output: { widths: [4] } }, 0],
    ['a width more', { output: { widths: [2, 3, 4] } }, 3],
    ['a width beyond the picture', { output: { widths: [2, 4, 9999] } }, 0],
    ['a format more', { output: { formats: ['webp', 'jpeg', 'png', 'gif'] } }, 2],
    ['the quality of one format', { output: { quality: { webp: 50 } } }, 2],
    ['the quality of the lossy formats', { output: { quality: 50 } }, 4],
    ['an encoder option', { output: { png: { compressionLevel: 9 } } }, 2],
    ['the shape', { output: { aspectRatio: '2:1' } }, 6],
    ['the fit', { output: { fit: 'fill' } }, 6],
    ['the position', { output: { position: 'left' } }, 6],
    ['an operation', { process: ['flip'] }, 6],
    ['the provenance', { model: 'image-02' }, 6],
  ])('after a change of %s: %j', async (_, { output, ...change }, count) => {
    const bench = await createBench()
    expect(await written(bench, base)).toBe(6)
    const settings = { ...base, ...change, output: { ...base.output, ...output } }
    expect(await written(bench, settings)).toBe(count)
    expect(await written(bench, settings)).toBe(0)
  })

  it('nothing is re-rendered where only `position` changes and `output` sets no shape', async () => {
    const bench = await createBench()
    await written(bench, {})
    expect(await written(bench, { output: { position: 'left', fit: 'fill' } })).toBe(0)
    expect(bench.reads()).toBe(1)
  })

  it('nothing is re-rendered after a change back', async () => {
    const bench = await createBench()
    await written(bench, base)
    await written(bench, { ...base, process: ['flip'] })
    expect(await written(bench, base)).toBe(0)
    expect(bench.reads()).toBe(2)
  })
})

describe('keys', () => {
  const recipe: RenditionRecipe = {
    original: 'a'.repeat(64),
    operations: [
      {
        name: 'composite',
        args: [[{ input: 'b' }]],
        files: [{ file: '/here/x.png', sha256: 'b' }],
      },
    ],
    output: resolveOutput([]),
    versions: { sharp: '1', vips: '2' },
    format: 'webp',
    width: 640,
    provenance: undefined,
  }

  it('do not contain a path of this machine', () => {
    const elsewhere = {
      ...recipe,
      operations: [
        {
          name: 'composite' as const,
          args: [[{ input: 'b' }]],
          files: [{ file: '/there/x.png', sha256: 'b' }],
        },
      ],
    }
    expect(renditionKey(elsewhere)).toBe(renditionKey(recipe))
  })

  it.each<[string, Partial<RenditionRecipe>]>([
    ['the original', { original: 'c'.repeat(64) }],
    ['the bytes of an overlay', { operations: [{ name: 'composite', args: [[{ input: 'c' }]] }] }],
    ['the version of sharp', { versions: { sharp: '1.1', vips: '2' } }],
    ['the version of libvips', { versions: { sharp: '1', vips: '2.1' } }],
    ['the format', { format: 'png' }],
    ['the width', { width: 641 }],
    ['the provenance', { provenance: { model: 'm' } }],
  ])('change with %s', (_, change) => {
    expect(renditionKey({ ...recipe, ...change })).not.toBe(renditionKey(recipe))
  })

  it('of pictures change with the placeholder, those of renditions do not', () => {
    const output = resolveOutput([{ placeholder: 'color' }])
    expect(pictureKey({ ...recipe, output })).not.toBe(pictureKey(recipe))
    expect(renditionKey({ ...recipe, output })).toBe(renditionKey(recipe))
  })
})

describe('a warm cache', () => {
  it('returns the same without reading the original', async () => {
    const bench = await createBench()
    const settings = { ...base, output: { ...base.output, placeholder: 'blur' as const } }
    const cold = await bench.render(await picture, settings)
    expect(await bench.render(await picture, settings)).toEqual(cold)
    // With another renderer, as in a later run.
    const later = createRenderer({ cacheDir: bench.cacheDir })
    const job = bench.job(await picture, settings)
    expect(await later.render(job, new AbortController().signal)).toEqual(cold)
    expect(bench.reads()).toBe(1)
  })

  it.each<[string, JobSettings]>([
    ['the placeholder', { output: { ...base.output, placeholder: 'blur' } }],
    ['the order of formats', { output: { ...base.output, formats: ['png', 'jpeg', 'webp'] } }],
    ['a width less', { output: { ...base.output, widths: [4] } }],
    ['the quality of one format', { output: { ...base.output, quality: { webp: 50 } } }],
    ['an operation', { process: ['flip'] }],
    ['the name', { name: 'mira' }],
    ['the provenance', { model: 'image-02' }],
  ])('returns what an empty one returns after a change of %s', async (_, change) => {
    const settings = { ...base, ...change }
    const [warm, empty] = [await createBench(), await createBench()]
    await warm.render(await picture, base)
    const answers = [
      await warm.render(await picture, settings),
      await warm.render(await picture, settings),
      await empty.render(await picture, settings),
    ].map(({ renditions, ...preview }) => ({
      ...preview,
      renditions: renditions.map(({ file, ...facts }) => ({
        ...facts,
        file: path.basename(file),
        bytes: readFileSync(file),
      })),
    }))
    expect(answers[0]).toEqual(answers[2])
    expect(answers[1]).toEqual(answers[2])
  })

  it('copies a file for another name', async () => {
    const bench = await createBench()
    const first = await bench.render(await picture, { ...base, name: 'kira' })
    const second = await bench.render(await picture, { ...base, name: 'mira' })
    expect(second.renditions.map(({ sha256 }) => sha256)).toEqual(
      first.renditions.map(({ sha256 }) => sha256),
    )
    expect(second.renditions.every(({ file }) => path.basename(file).startsWith('mira-'))).toBe(
      true,
    )
    expect(bench.reads()).toBe(1)
  })
})

describe('a damaged cache', () => {
  type Damage = (bench: Bench, image: RenderedImage) => unknown
  const firstOf = (image: RenderedImage): string => image.renditions[0]!.file

  it.each<[string, Damage]>([
    ['a file is gone', (_, image) => rmSync(firstOf(image))],
    ['a file is cut short', (_, image) => truncateSync(firstOf(image), 20)],
    ['a file is empty', (_, image) => truncateSync(firstOf(image), 0)],
    [
      'a bit is flipped, with size and time stamp as they were',
      (_, image) => {
        const file = firstOf(image)
        const { atime, mtime } = statSync(file)
        const bytes = readFileSync(file)
        bytes[30]! ^= 1
        writeFileSync(file, bytes)
        utimesSync(file, atime, mtime)
      },
    ],
    [
      'a file is another rendition',
      (_, image) => writeFileSync(firstOf(image), readFileSync(image.renditions[1]!.file)),
    ],
    [
      'the records are gone',
      ({ cacheDir }) => rmSync(path.join(cacheDir, 'records'), { recursive: true }),
    ],
    ['all is gone', ({ cacheDir }) => rmSync(cacheDir, { recursive: true })],
    ['the records are empty', async (bench) => damageRecords(bench, () => '')],
    [
      'the records are not JSON',
      async (bench) => damageRecords(bench, (text) => text.slice(0, -5)),
    ],
    [
      'the records are of another shape',
      async (bench) => damageRecords(bench, () => '{"record":{},"digest":""}'),
    ],
    [
      'the records are those of another image',
      async (bench) => {
        const other = await createBench()
        await other.render(await picture, { ...base, process: ['flip'] })
        const records = path.join(other.cacheDir, 'records')
        const [one] = await readdir(records)
        const text = readFileSync(path.join(records, one!), 'utf8')
        await damageRecords(bench, () => text)
      },
    ],
    [
      'the records say other sizes',
      async (bench) => damageRecords(bench, (text) => text.replaceAll(/"width":\d/g, '"width":7')),
    ],
  ])('repairs itself silently: %s', async (_, damage) => {
    const bench = await createBench()
    const sound = await bench.render(await picture, base)
    await damage(bench, sound)
    expect(await bench.render(await picture, base)).toEqual(sound)
    for (const { file, bytes } of sound.renditions) expect(statSync(file).size).toBe(bytes)
    expect(bench.reads()).toBe(2)
  })

  it('re-renders only what is damaged', async () => {
    const bench = await createBench()
    const { renditions } = await bench.render(await picture, base)
    const before = renditions.map(({ file }) => statSync(file, { bigint: true }).ino)
    truncateSync(renditions[2]!.file, 1)
    await bench.render(await picture, base)
    const after = renditions.map(({ file }) => statSync(file, { bigint: true }).ino)
    expect(after.map((inode, index) => inode !== before[index])).toEqual([
      false,
      false,
      true,
      false,
      false,
      false,
    ])
  })

  it('leaves no temporary files', async () => {
    const bench = await createBench()
    await bench.render(await picture, base)
    expect((await bench.files()).filter((file) => file.endsWith('.tmp'))).toEqual([])
  })
})

async function damageRecords(bench: Bench, change: (text: string) => string): Promise<void> {
  const folder = path.join(bench.cacheDir, 'records')
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name)
    writeFileSync(file, change(readFileSync(file, 'utf8')))
  }
}

describe('concurrent callers', () => {
  const never = (): AbortSignal => new AbortController().signal

  it('share the work', async () => {
    const bench = await createBench()
    const images = await Promise.all(
      Array.from({ length: 5 }, async () => bench.render(await picture, base)),
    )
    for (const image of images) expect(image).toEqual(images[0])
    expect(bench.reads()).toBe(1)
  })

  it('share the work under different names', async () => {
    const bench = await createBench()
    const [one, two] = await Promise.all(
      ['one', 'two'].map(async (name) => bench.render(await picture, { ...base, name })),
    )
    expect(bench.reads()).toBe(1)
    expect(path.basename(one!.renditions[0]!.file)).toMatch(/^one-/)
    expect(path.basename(two!.renditions[0]!.file)).toMatch(/^two-/)
  })

  it('with caches in one folder get the same files', async () => {
    const bench = await createBench()
    const renderers = Array.from({ length: 4 }, () => createRenderer({ cacheDir: bench.cacheDir }))
    const job = bench.job(await picture, base)
    const images = await Promise.all(renderers.map((renderer) => renderer.render(job, never())))
    for (const image of images) expect(image).toEqual(images[0])
    for (const { file, bytes } of images[0]!.renditions) expect(statSync(file).size).toBe(bytes)
  })

  it('may leave: the others get their picture', async () => {
    const bench = await createBench()
    const leaving = new AbortController()
    const job = bench.job(await picture, base)
    const left = bench.renderer.render(job, leaving.signal)
    const stayed = bench.renderer.render(job, never())
    leaving.abort()
    await expect(left).rejects.toMatchObject({ code: 'aborted' })
    expect((await stayed).renditions).toHaveLength(6)
  })

  it('abort the work once none of them waits', async () => {
    const bench = await createBench(1)
    const controller = new AbortController()
    const original = {
      ...bench.job(await picture, base).original,
      read: async () => {
        controller.abort()
        return picture
      },
    }
    await expect(
      bench.renderer.render({ ...bench.job(await picture, base), original }, controller.signal),
    ).rejects.toMatchObject({ code: 'aborted' })
    expect(await bench.files()).toEqual([])
    // The same can be requested again.
    expect((await bench.render(await picture, base)).renditions).toHaveLength(6)
  })

  it('do not start after an abort', async () => {
    const bench = await createBench()
    await expect(
      bench.renderer.render(bench.job(await picture), AbortSignal.abort()),
    ).rejects.toMatchObject({ code: 'aborted' })
    expect(bench.reads()).toBe(0)
  })

  it('may be hundreds under one signal', async () => {
    const bench = await createBench()
    const signal = never()
    const warnings: string[] = []
    const listen = (warning: Error): number => warnings.push(warning.name)
    process.on('warning', listen)
    const originals = await Promise.all(
      Array.from({ length: 40 }, (_, index) => fileOf(plain('5', index + 1, 1))),
    )
    await Promise.all(
      originals.map((original) => bench.renderer.render(bench.job(original), signal)),
    )
    process.off('warning', listen)
    expect(warnings).toEqual([])
    expect(await bench.files()).toHaveLength(40)
  })
})

describe('settings', () => {
  it('that are equal after defaults give one file', async () => {
    const bench = await createBench()
    const spellings: readonly OutputSettings[] = [
      {},
      { widths: ['original'] },
      { widths: [8] },
      { webp: { quality: 80 } },
    ]
    for (const output of spellings) await bench.render(await picture, { output })
    expect(await bench.files()).toHaveLength(1)
  })
})
