import { statSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor, type Project } from './project.ts'

const TILES = `defaults: { output: { formats: [webp, png], widths: [8, original] } }
images:
  grass: { source: ./in/green.png, alt: Grass }
  "01-wall": { source: ./in/grey.png, alt: "", output: { widths: [original], formats: [png] } }
`

interface Exported {
  readonly src: string
  readonly srcset: string
  readonly media?: ReadonlyArray<{ readonly media: string; readonly src: string }>
  readonly candidates?: ReadonlyArray<
    Exported & { number: number; digest: string; sha256: string; picked: boolean }
  >
}

interface List {
  readonly images: Readonly<Record<string, Exported>>
  readonly names: Readonly<Record<string, string>>
}

function listOf(project: Project): List {
  return JSON.parse(project.read('out/images.json')) as List
}

function byName(project: Project): Readonly<Record<string, Exported>> {
  const { images, names } = listOf(project)
  return Object.fromEntries(Object.entries(names).map(([name, id]) => [name, images[id]!]))
}

function exported(project: Project): string[] {
  return project.files().filter((file) => file.startsWith('out/'))
}

async function projectOf(files: Record<string, string>): Promise<Project> {
  const project = await createProject(files)
  for (const [name, background] of [
    ['green', '#080'],
    ['grey', '#888'],
  ]) {
    const create = { width: 32, height: 16, channels: 3, background: background! } as const
    project.write(`art/in/${name}.png`, await sharp({ create }).png().toBuffer())
  }
  return project
}

describe.concurrent('imagegen export', () => {
  it('writes every rendition, and the values of imports by id and name', async () => {
    const project = await projectOf({ 'art/tiles.image.yaml': TILES })
    const ran = await project.run('export', '--out', 'public/art', '--json')
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' })
    const files = [
      'art/tiles/grass-8.webp',
      'art/tiles/grass-32.webp',
      'art/tiles/grass-8.png',
      'art/tiles/grass-32.png',
      'art/tiles/01-wall-32.png',
    ]
    expect(JSON.parse(ran.stdout)).toEqual({
      version: 1,
      images: 2,
      written: files,
      unchanged: [],
      removed: [],
    })
    const list = JSON.parse(project.read('public/art/images.json')) as {
      images: Record<string, unknown>
      names: unknown
    }
    expect(list.images['art/tiles.image.yaml#grass']).toEqual({
      src: 'art/tiles/grass-32.png',
      width: 32,
      height: 16,
      format: 'png',
      srcset: 'art/tiles/grass-8.png 8w, art/tiles/grass-32.png 32w',
      sources: { webp: 'art/tiles/grass-8.webp 8w, art/tiles/grass-32.webp 32w' },
      img: { src: 'art/tiles/grass-32.png', w: 32, h: 16 },
      alt: 'Grass',
    })
    expect(list.names).toEqual({
      grass: 'art/tiles.image.yaml#grass',
      '01-wall': 'art/tiles.image.yaml#01-wall',
    })
    const small = await sharp(project.bytes('public/art/art/tiles/grass-8.webp')).metadata()
    expect([small.format, small.width, small.height]).toEqual(['webp', 8, 4])
  })

  it('writes what an image shows for its media, and removes it when it is no longer shown', async () => {
    const dark = '{ media: (prefers-color-scheme: dark), image: "#01-wall" }'.replaceAll(
      /\(.*?\)/g,
      (query) => JSON.stringify(query),
    )
    const crop = '{ media: print, aspectRatio: 1:1, widths: [8], formats: [webp] }'
    const other = '{ media: speech, image: "#01-wall", widths: [8] }'
    const withMedia = (media: string): string =>
      TILES.replace('alt: Grass', `alt: Grass, output: { formats: [png], media: [${media}] }`)
    const project = await projectOf({
      'art/tiles.image.yaml': withMedia(`${crop}, ${dark}, ${other}`),
    })
    expect((await project.run('export', '--out', 'out')).code).toBe(0)
    expect(byName(project)['grass']?.media).toMatchObject([
      {
        media: 'print',
        width: 8,
        height: 8,
        format: 'webp',
        src: 'art/tiles/grass~1-8.webp',
        srcset: 'art/tiles/grass~1-8.webp 8w',
        sources: {},
      },
      // Its files are those of the other image.
      { media: '(prefers-color-scheme: dark)', width: 32, src: 'art/tiles/01-wall-32.png' },
      { media: 'speech', width: 8, height: 4, src: 'art/tiles/grass~3-8.png' },
    ])
    for (const { src } of byName(project)['grass']?.media ?? []) {
      expect(exported(project)).toContain(`out/${src}`)
    }

    // A part: the other image is not asked for, and its files are there all the same.
    project.remove('out/art/tiles/01-wall-32.png')
    expect((await project.run('export', 'grass', '--out', 'out')).code).toBe(0)
    expect(exported(project)).toContain('out/art/tiles/01-wall-32.png')

    project.write('art/tiles.image.yaml', withMedia(dark))
    expect((await project.run('export', '--out', 'out')).code).toBe(0)
    expect(exported(project).filter((file) => file.includes('~'))).toEqual([])
    expect(exported(project)).toContain('out/art/tiles/01-wall-32.png')
  })

  it('does not rewrite unchanged files, and removes files that are no longer needed', async () => {
    const project = await projectOf({ 'art/tiles.image.yaml': TILES })
    await project.run('export', '--out', 'out')
    project.write('out/mine.txt', 'mine')
    const list = project.bytes('out/images.json')
    const wall = path.join(project.folder, 'out/art/tiles/01-wall-32.png')
    const { mtimeMs } = statSync(wall)
    const again = await project.run('export', '--out', 'out')
    expect(again.stdout).toBe(
      '2 images in out/images.json: 0 files written, 5 unchanged, 0 removed.\n',
    )
    expect(project.bytes('out/images.json')).toEqual(list)

    project.write('art/tiles.image.yaml', TILES.replace('[8, original]', '[original]'))
    const { stdout } = await project.run('export', '--out', 'out', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      written: [],
      removed: ['art/tiles/grass-8.webp', 'art/tiles/grass-8.png'],
    })
    expect(statSync(wall).mtimeMs).toBe(mtimeMs)
    expect(project.files().filter((file) => file.startsWith('out/'))).toEqual([
      'out/art/tiles/01-wall-32.png',
      'out/art/tiles/grass-32.png',
      'out/art/tiles/grass-32.webp',
      'out/images.json',
      'out/mine.txt',
    ])
  })

  it('does not touch files that it did not write, or that were changed since', async () => {
    const project = await projectOf({ 'art/tiles.image.yaml': TILES })
    project.write('out/art/tiles/grass-8.png', 'mine')
    const foreign = await project.run('export', '--out', 'out')
    expect(foreign.code).toBe(2)
    expect(foreign.stderr).toContain('art/tiles/grass-8.png')
    expect(project.files().filter((file) => file.startsWith('out/'))).toHaveLength(1)

    await project.run('export', '--out', 'other')
    project.write('other/art/tiles/grass-8.png', 'retouched')
    expect((await project.run('export', '--out', 'other')).code).toBe(2)
    // A file that is no longer needed stays if the user changed it.
    project.write('art/tiles.image.yaml', TILES.replace('[8, original]', '[original]'))
    expect((await project.run('export', '--out', 'other')).code).toBe(0)
    expect(project.read('other/art/tiles/grass-8.png')).toBe('retouched')

    project.write('third/images.json', '{ "images": [] }')
    expect((await project.run('export', '--out', 'third')).code).toBe(2)
    expect(project.read('third/images.json')).toBe('{ "images": [] }')
  })

  it('does not follow a list out of its folder', async () => {
    const project = await projectOf({ 'art/tiles.image.yaml': TILES, 'kept.txt': 'kept' })
    const hash = '79d0c0b6cc95dd74ae2a82fbb3b0ae4a8cb3b2ee6ed3d1a4ba9db73ec2e7fe12'
    project.write(
      'out/images.json',
      JSON.stringify({ version: 1, images: {}, names: {}, files: { '../kept.txt': hash } }),
    )
    await project.run('export', '--out', 'out')
    expect(project.read('kept.txt')).toBe('kept')
  })

  it('distinguishes names that some file systems confuse, and lists the ids of unique names', async () => {
    const project = await projectOf({
      'art/a.image.yaml':
        'images:\n  Tile: { source: ./in/green.png, alt: "" }\n  tile: { source: ./in/grey.png, alt: "" }\n',
      'art/b.image.yaml': 'images:\n  tile: { source: ./in/grey.png, alt: "" }\n',
      'art/hero.image.yaml': 'source: ./in/grey.png\nalt: ""\n',
    })
    await project.run('export', '--out', 'out')
    const { images, names } = JSON.parse(project.read('out/images.json')) as {
      images: Record<string, { src: string }>
      names: Record<string, string>
    }
    const sources = Object.values(images).map(({ src }) => src.toLowerCase())
    expect(new Set(sources).size).toBe(4)
    expect(images['art/hero.image.yaml']!.src).toBe('art/hero-32.webp')
    expect(names).toEqual({ Tile: 'art/a.image.yaml#Tile', hero: 'art/hero.image.yaml' })
  })

  it('lists what cannot be had, writes the rest and exits with 1', async () => {
    const project = await projectOf({
      'art/tiles.image.yaml': `${TILES}  sky: { prompt: The sky, alt: "" }\n`,
    })
    const { code, stderr, stdout } = await project.run('export', '--out', 'out')
    expect(code).toBe(1)
    expect(stdout).toBe(
      '2 of 3 images in out/images.json: 5 files written, 0 unchanged, 0 removed.\n',
    )
    expect(stderr).toContain('art/tiles.image.yaml#sky is missing')
    expect(exported(project)).toHaveLength(6)
    expect(Object.keys(listOf(project).images)).toEqual([
      'art/tiles.image.yaml#grass',
      'art/tiles.image.yaml#01-wall',
    ])

    const asJson = await project.run('export', '--out', 'out', '--json')
    expect(asJson.code).toBe(1)
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      images: 3,
      written: [],
      failed: [
        {
          id: 'art/tiles.image.yaml#sky',
          code: 'unavailable',
          message: expect.stringContaining('is missing'),
        },
      ],
    })
    expect((await project.run('export')).code).toBe(2)
  })

  it('keeps what an earlier export wrote of an image that cannot be had now', async () => {
    const manifest =
      'images:\n  sky: { prompt: The sky, alt: "", output: { formats: [png], widths: [8] } }\n'
    const project = await projectOf({ 'art/sky.image.yaml': manifest })
    await emulatorFor(project)
    await project.run('generate', '--yes')
    await project.run('export', '--out', 'out')
    const before = project.bytes('out/art/sky/sky-8.png')
    const list = project.read('out/images.json')
    project.write('art/sky.image.yaml', manifest.replace('The sky', 'Another sky'))
    expect((await project.run('export', '--out', 'out')).code).toBe(1)
    expect(project.bytes('out/art/sky/sky-8.png')).toEqual(before)
    expect(project.read('out/images.json')).toBe(list)
  })

  it('writes a part by id or glob, and leaves the rest of the folder alone', async () => {
    const project = await projectOf({
      'art/tiles.image.yaml': TILES,
      'art/b.image.yaml': 'images:\n  tile-1: { source: ./in/grey.png, alt: "" }\n',
    })
    await project.run('export', '--out', 'whole')
    const whole = project.read('whole/images.json')

    const first = await project.run('export', 'grass', '--out', 'out', '--json')
    expect(JSON.parse(first.stdout)).toMatchObject({ images: 1, removed: [] })
    expect(Object.keys(listOf(project).images)).toEqual(['art/tiles.image.yaml#grass'])
    expect(listOf(project).names).toEqual({ grass: 'art/tiles.image.yaml#grass' })
    const grass = path.join(project.folder, 'out/art/tiles/grass-32.png')
    const { mtimeMs } = statSync(grass)

    await project.run('export', 'tile-*', 'art/tiles.image.yaml#01-wall', '--out', 'out')
    expect(project.read('out/images.json')).toBe(whole)
    expect(statSync(grass).mtimeMs).toBe(mtimeMs)
  })

  it('removes with a part only what the selected images needed before', async () => {
    const project = await projectOf({
      'art/tiles.image.yaml': TILES,
      'art/b.image.yaml': 'images:\n  tile-1: { source: ./in/grey.png, alt: "" }\n',
    })
    await project.run('export', '--out', 'out')
    project.write('art/tiles.image.yaml', TILES.replace('[webp, png]', '[png]'))
    const again = await project.run('export', 'grass', '--out', 'out', '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({
      written: [],
      removed: ['art/tiles/grass-8.webp', 'art/tiles/grass-32.webp'],
    })
    expect(exported(project)).toContain('out/art/b/tile-1-32.webp')
    expect(Object.keys(listOf(project).images)).toHaveLength(3)

    // An image that is no longer in a manifest leaves with the next whole export.
    project.remove('art/b.image.yaml')
    await project.run('export', 'grass', '--out', 'out')
    expect(exported(project)).toContain('out/art/b/tile-1-32.webp')
    expect(listOf(project).names).toHaveProperty('tile-1')
    await project.run('export', '--out', 'out')
    expect(exported(project)).not.toContain('out/art/b/tile-1-32.webp')
    expect(listOf(project).names).not.toHaveProperty('tile-1')

    expect((await project.run('export', 'nothing-like-it', '--out', 'out')).code).toBe(2)
  })

  it('writes placeholders of the final size for what is missing, until the pictures are there', async () => {
    const project = await projectOf({
      'art/sky.image.yaml':
        'defaults: { output: { formats: [png], widths: [64] } }\nimages:\n  sky: { prompt: The sky, alt: Sky, aspectRatio: 16:9 }\n  grass: { source: ./in/green.png, alt: "" }\n',
    })
    const ran = await project.run('export', '--out', 'out', '--placeholders', '--json')
    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.stdout)).toMatchObject({ placeholders: ['art/sky.image.yaml#sky'] })
    const { sky, grass } = byName(project)
    expect(sky).toMatchObject({
      src: 'art/sky/sky-64.png',
      width: 64,
      height: 36,
      placeholder: true,
    })
    expect(grass).not.toHaveProperty('placeholder')
    const drawn = project.bytes('out/art/sky/sky-64.png')
    expect((await project.run('export', '--out', 'out', '--placeholders')).stdout).toBe(
      '2 images in out/images.json, 1 placeholder: 0 files written, 2 unchanged, 0 removed.\n',
    )

    await emulatorFor(project)
    await project.run('generate', '--yes')
    expect((await project.run('export', '--out', 'out', '--placeholders')).code).toBe(0)
    expect(project.bytes('out/art/sky/sky-64.png')).not.toEqual(drawn)
    expect(byName(project)['sky']).not.toHaveProperty('placeholder')
  })

  it('does not cover a mistake with a placeholder', async () => {
    const project = await projectOf({
      'art/a.image.yaml': 'images:\n  text: { source: ./in/text.png, alt: "" }\n',
      'art/in/text.png': 'no picture',
    })
    const { code, stderr } = await project.run('export', '--out', 'out', '--placeholders')
    expect(code).not.toBe(0)
    expect(stderr).toContain('text')
    expect(Object.keys(listOf(project).images)).toEqual([])
  })

  it('writes every candidate under its digest, and lists them in the order of pick', async () => {
    const manifest = (pick: string): string =>
      `images:\n  sky: { prompt: The sky, alt: Sky, n: 3, pick: ${pick}, output: { formats: [webp, png], widths: [8] } }\n`
    const project = await projectOf({ 'art/sky.image.yaml': manifest('2') })
    await emulatorFor(project)
    await project.run('generate', '--yes')
    await project.run('export', '--out', 'out')
    const { sky: alone } = byName(project)
    const ran = await project.run('export', '--out', 'out', '--all-candidates')
    expect(ran.code).toBe(0)
    const { candidates = [], ...sky } = byName(project)['sky']!
    expect(sky).toEqual(alone)
    expect(candidates.map(({ number, picked }) => [number, picked])).toEqual([
      [1, false],
      [2, true],
      [3, false],
    ])
    for (const { digest, sha256, picked, src, srcset } of candidates) {
      expect(sha256.startsWith(digest)).toBe(true)
      expect(src).toBe(picked ? 'art/sky/sky-8.png' : `art/sky/sky~${digest}-8.png`)
      expect(srcset).toBe(`${src} 8w`)
      expect(project.files().some((file) => file.includes(`.${digest}.jpg`))).toBe(true)
    }
    const pictures = candidates.map(({ src }) => project.bytes(`out/${src}`).toString('hex'))
    expect(new Set(pictures).size).toBe(3)

    // Another pick swaps pictures between names; nothing is rendered that is there.
    project.write('art/sky.image.yaml', manifest(`"${candidates[0]!.digest}"`))
    await project.run('export', '--out', 'out', '--all-candidates')
    expect(project.bytes('out/art/sky/sky-8.png').toString('hex')).toBe(pictures[0])
    expect(project.bytes(`out/art/sky/sky~${candidates[1]!.digest}-8.png`).toString('hex')).toBe(
      pictures[1],
    )
    await project.run('export', '--out', 'out')
    expect(exported(project)).toEqual([
      'out/art/sky/sky-8.png',
      'out/art/sky/sky-8.webp',
      'out/images.json',
    ])
  })
})
