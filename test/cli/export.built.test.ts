import { statSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { createProject, type Project } from './project.ts'

const TILES = `defaults: { output: { formats: [webp, png], widths: [8, original] } }
images:
  grass: { source: ./in/green.png, alt: Grass }
  "01-wall": { source: ./in/grey.png, alt: "", output: { widths: [original], formats: [png] } }
`

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

  it('lists missing images and then writes nothing', async () => {
    const project = await projectOf({
      'art/tiles.image.yaml': `${TILES}  sky: { prompt: The sky, alt: "" }\n`,
    })
    const { code, stderr, stdout } = await project.run('export', '--out', 'out')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('art/tiles.image.yaml#sky is missing')
    expect(project.files().some((file) => file.startsWith('out/'))).toBe(false)
    expect((await project.run('export')).code).toBe(2)
  })
})
