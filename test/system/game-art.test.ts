import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import glob from 'fast-glob'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Emulator } from '../../src/emulator/index.ts'
import { openImage } from '../../src/pixels/sharp.ts'
import { toPixels, type Pixels } from '../../src/pixels/raw.ts'
import { createProject, emulatorFor, type Project } from '../cli/project.ts'

const example = path.join(import.meta.dirname, '../../examples/game-art')
const files = glob.sync('**', {
  cwd: example,
  dot: true,
  ignore: ['node_modules/**', '.imagegen/**', 'game/art/**', 'package-lock.json'],
})

const SEASONS = ['spring', 'summer', 'autumn', 'winter']
const TILES = ['coast', 'forest', 'town'].flatMap((place) =>
  SEASONS.map((season) => `${place}-${season}`),
)
const SCENES = ['the-coast', 'the-library', 'the-pass', 'the-village']

interface List {
  readonly images: Record<string, { src: string; width: number; srcset: string; sources: object }>
  readonly names: Record<string, string>
}

/** A copy of the example, and an emulator in the place of MiniMax. */
async function copied(): Promise<{ project: Project; emulator: Emulator }> {
  const project = await createProject()
  for (const file of files) project.write(file, readFileSync(path.join(example, file)))
  // Nobody waits here for the minute that MiniMax's rate limit asks for.
  edit(project, 'imagegen.config.ts', '{ defineConfig }', '{ defineConfig, minimax }')
  const models = "models: { 'image-01': minimax('image-01', { rpm: 1000 }) },"
  edit(project, 'imagegen.config.ts', 'budget:', `${models}\n  budget:`)
  return { project, emulator: await emulatorFor(project) }
}

/** Runs a script of the example's package.json as npm would. */
async function script(project: Project, name: string, ...more: string[]): Promise<string> {
  const { scripts } = JSON.parse(project.read('package.json')) as {
    scripts: Record<string, string>
  }
  const [command, ...args] = scripts[name]!.split(' ')
  expect(command).toBe('imagegen')
  const { code, stdout, stderr } = await project.run(...args, ...more)
  expect(code, stderr).toBe(0)
  return stdout
}

describe('examples/game-art', () => {
  it('plans, generates and exports into the folder of the game, and a second run costs nothing', async () => {
    const { project, emulator } = await copied()
    const planned = JSON.parse(await script(project, 'plan', '--json')) as { summary: object }
    expect(planned.summary).toMatchObject({
      images: 19,
      current: 1,
      missing: 18,
      requests: 18,
      pictures: 19,
      usd: 0.0665,
    })
    await script(project, 'generate')
    expect(emulator.stats()).toMatchObject({ requests: 18, images: 19 })
    await script(project, 'export')

    const list = JSON.parse(project.read('game/art/images.json')) as List
    expect(Object.keys(list.names).toSorted()).toEqual(
      ['compass', 'mira-portrait', 'mira-sheet', ...SCENES, ...TILES].toSorted(),
    )
    expect(project.files().filter((file) => file.startsWith('game/art/'))).toEqual(
      [
        'game/art/cast/compass-64.png',
        'game/art/cast/mira-portrait-128.png',
        'game/art/cast/mira-sheet-432.webp',
        'game/art/images.json',
        ...TILES.map((name) => `game/art/tiles/${name}-128.png`),
        ...SCENES.flatMap((name) =>
          ['1280.avif', '1280.webp', '640.avif', '640.webp'].map(
            (rendition) => `game/art/scenes/${name}-${rendition}`,
          ),
        ),
      ].toSorted(),
    )
    expect(list.images['scenes.image.yaml#the-pass']).toMatchObject({
      src: 'scenes/the-pass-1280.webp',
      sources: { avif: 'scenes/the-pass-640.avif 640w, scenes/the-pass-1280.avif 1280w' },
      blurDataURL: expect.stringMatching(/^data:image\//),
      alt: 'Mira crosses the pass in the snow.',
    })

    for (const name of TILES) {
      const tile = await pixelsOf(project, `tiles/${name}-128.png`)
      expect(tile).toMatchObject({ width: 128, height: 128 })
      expect(blurredBlocks(tile, 4), name).toBe(0)
      expect(coloursOf(tile).size, name).toBeLessThanOrEqual(16)
      expect(coloursOf(tile).size, name).toBeGreaterThan(4)
    }
    const portrait = await pixelsOf(project, 'cast/mira-portrait-128.png')
    const frame = await toPixels(await openImage(project.bytes('frame.png')))
    expect(blurredBlocks(portrait, 4)).toBe(0)
    const framed = opaquePixels(frame)
    expect(framed.length).toBeGreaterThan(300)
    for (const [x, y] of framed) {
      expect(colourAt(portrait, x * 4, y * 4)).toEqual(colourAt(frame, x, y))
    }
    expect(blurredBlocks(await pixelsOf(project, 'cast/compass-64.png'), 4)).toBe(0)

    expect(await script(project, 'generate')).toContain('0 made, 0 failed, 19 current.')
    expect(await script(project, 'export')).toContain('0 files written, 31 unchanged')
    expect(emulator.stats().requests).toBe(18)
  })

  it('keeps the promises of its README about changes', async () => {
    const { project, emulator } = await copied()
    await script(project, 'generate')
    await script(project, 'export')
    edit(project, 'tiles.image.yaml', 'colours: 16', 'colours: 4')
    expect(await script(project, 'export')).toContain('12 files written, 19 unchanged')
    expect(emulator.stats().requests).toBe(18)

    edit(project, 'tiles.image.yaml', 'autumn, winter]', 'autumn, winter, monsoon]')
    expect(await missing(project)).toEqual([
      'tiles.image.yaml#forest-monsoon',
      'tiles.image.yaml#coast-monsoon',
      'tiles.image.yaml#town-monsoon',
    ])
    edit(project, 'tiles.image.yaml', 'winter, monsoon]', 'winter]')
    edit(project, 'cast.image.yaml', 'pick: 1', 'pick: 2')
    expect(await missing(project)).toEqual([
      'cast.image.yaml#mira-portrait',
      'scenes.image.yaml#the-village',
      'scenes.image.yaml#the-library',
      'scenes.image.yaml#the-pass',
      'scenes.image.yaml#the-coast',
    ])
    edit(project, 'cast.image.yaml', 'pick: 2', 'pick: 1')

    project.write('touched-up.png', project.bytes('frame.png'))
    const adopted = await project.run('adopt', 'the-pass', 'touched-up.png', '--edited')
    expect(adopted.code, adopted.stderr).toBe(0)
    expect(await missing(project)).toEqual([])
    await script(project, 'export')
    expect(project.files()).toContain('game/art/scenes/the-pass-32.webp')
    expect(project.files()).not.toContain('game/art/scenes/the-pass-640.webp')
  })

  it('serves its files to a browser, and no others', async () => {
    const { project } = await copied()
    project.write('game/art/images.json', '{}')
    const child = spawn(process.execPath, ['serve.mjs'], {
      cwd: project.folder,
      env: { PATH: process.env['PATH'], PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const url = line.toString().trim()
    expect(await (await fetch(url)).text()).toContain('<title>Mira and the Unfinished Map</title>')
    const list = await fetch(`${url}/art/images.json`)
    expect(list.headers.get('content-type')).toBe('application/json')
    expect(await list.text()).toBe('{}')
    for (const outside of ['/%2e%2e/package.json', '/..%5cpackage.json', '/%', '/art', '/none']) {
      expect((await fetch(url + outside)).status, outside).toBe(404)
    }
  })

  it('has the scripts and files that its README names, and only small pictures', () => {
    const readme = readFileSync(path.join(example, 'README.md'), 'utf8')
    const { scripts } = JSON.parse(readFileSync(path.join(example, 'package.json'), 'utf8')) as {
      scripts: object
    }
    const named = [...readme.matchAll(/npm run (?!build)([\w:-]+)/g)].map(([, name]) => name)
    expect(new Set(named)).toEqual(new Set(Object.keys(scripts)))
    const rows = [...readme.matchAll(/^\| `([^`]+)`/gm)].map(([, file]) => file!)
    expect(rows.length).toBeGreaterThan(5)
    for (const file of rows) expect(existsSync(path.join(example, file)), file).toBe(true)
    for (const file of files.filter((name) => name.endsWith('.png'))) {
      expect(readFileSync(path.join(example, file)).byteLength, file).toBeLessThan(1000)
    }
  })
})

function edit(project: Project, file: string, from: string, to: string): void {
  expect(project.read(file)).toContain(from)
  project.write(file, project.read(file).replace(from, to))
}

async function missing(project: Project): Promise<string[]> {
  const { images } = JSON.parse(await script(project, 'plan', '--json')) as {
    images: Array<{ id: string; state: string }>
  }
  return images.flatMap(({ id, state }) => (state === 'missing' ? [id] : []))
}

async function pixelsOf(project: Project, file: string): Promise<Pixels> {
  const image = await openImage(project.bytes(`game/art/${file}`))
  return toPixels(image.toColourspace('srgb').ensureAlpha())
}

function colourAt({ data, width, channels }: Pixels, x: number, y: number): number[] {
  const start = (y * width + x) * channels
  return [...data.subarray(start, start + channels)]
}

function coordinates({ width, height }: Pixels): Array<[number, number]> {
  return Array.from({ length: width * height }, (_, index) => [
    index % width,
    Math.floor(index / width),
  ])
}

function coloursOf(pixels: Pixels): Set<string> {
  return new Set(coordinates(pixels).map(([x, y]) => colourAt(pixels, x, y).join(',')))
}

function opaquePixels(pixels: Pixels): Array<[number, number]> {
  return coordinates(pixels).filter(([x, y]) => colourAt(pixels, x, y)[3] === 255)
}

/** How many pixels differ from the first one of the square that they were enlarged from. */
function blurredBlocks(pixels: Pixels, side: number): number {
  return coordinates(pixels).filter(([x, y]) => {
    const first = colourAt(pixels, x - (x % side), y - (y % side))
    return colourAt(pixels, x, y).join() !== first.join()
  }).length
}
