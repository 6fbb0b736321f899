import { statSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Emulator } from '../../src/emulator/index.ts'
import { columnsOf } from '../../src/cli/terminal/wrap.ts'
import { createProject, emulatorFor, type Project } from '../cli/project.ts'

const SEASONS = ['spring', 'summer', 'autumn', 'winter']
const TILES = `defaults: { size: 512x512, output: { formats: [webp, png], widths: [32] } }
images:
  "tile-\${number}-\${season}":
    prompt: "A map tile of kind \${number} in \${season}"
    alt: ""
    matrix:
      number: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
      season: [${SEASONS.join(', ')}]
`

interface List {
  readonly images: Readonly<
    Record<string, { src: string; placeholder?: boolean; candidates?: object[] }>
  >
  readonly names: Readonly<Record<string, string>>
}

/** Whole numbers, prices, sizes, dates and digests of a text. */
function numbersIn(text: string): string[] {
  return [...text.matchAll(/\w*\d[\w.,:/-]*/g)].map(([number]) => number.replace(/[.,:]$/, ''))
}

/** A terminal's text without its colours. */
function plain(text: string): string {
  return text.replaceAll(/\u001b\[\d+m/g, '')
}

describe('a project of forty tiles', () => {
  let project: Project
  let emulator: Emulator
  const listIn = (folder: string): List => JSON.parse(project.read(`${folder}/images.json`)) as List
  const filesIn = (folder: string): string[] =>
    project.files().filter((file) => file.startsWith(`${folder}/`))

  beforeAll(async () => {
    project = await createProject({
      'worlds/map.image.yaml': TILES,
      // Nobody waits here for the minutes that MiniMax's rate limit asks for.
      'imagegen.config.mjs': `import { minimax } from 'unplugin-imagegen'
export default { models: { 'image-01': minimax('image-01', { rpm: 1000 }) } }
`,
    })
    emulator = await emulatorFor(project)
  })

  it('plans them in a list that a terminal shows, and a script gets whole', async () => {
    const piped = (await project.run('plan')).stdout
    expect(piped.match(/^missing /gm)).toHaveLength(40)
    const shown = plain((await project.inTerminal(100, 'plan')).stdout)
    expect(shown.match(/^missing +worlds/gm)).toHaveLength(10)
    expect(shown).toContain('… and 30 more images')
    expect(shown).toContain('40 pictures in 40 requests for 0.14 USD. `imagegen list` shows all')
  })

  it('exports what is there, and placeholders for the rest', async () => {
    expect((await project.run('generate', 'tile-0-*', '--yes')).code).toBe(0)
    expect(emulator.stats().requests).toBe(4)
    const partial = await project.run('export', '--out', 'art')
    expect(partial.code).toBe(1)
    expect(partial.stderr).toContain('… and 16 more problems.')
    expect(partial.stdout).toContain('4 of 40 images')
    expect(filesIn('art')).toHaveLength(9)

    const filled = await project.run('export', '--out', 'art', '--placeholders')
    expect(filled.code).toBe(0)
    expect(filled.stdout).toContain('40 images in art/images.json, 36 placeholders')
    expect(filesIn('art')).toHaveLength(81)
    const { images, names } = listIn('art')
    expect(Object.keys(names)).toHaveLength(40)
    expect(Object.values(images).filter(({ placeholder }) => placeholder === true)).toHaveLength(36)
    expect(emulator.stats().requests).toBe(4)
  })

  it('fixes one, and every other file keeps its time stamp', async () => {
    expect((await project.run('generate', '--budget', '40')).code).toBe(0)
    expect(emulator.stats().requests).toBe(40)
    await project.run('export', '--out', 'art')
    const stampOf = (file: string): number => statSync(path.join(project.folder, file)).mtimeMs
    const before = new Map(filesIn('art').map((file) => [file, stampOf(file)]))

    project.write(
      'worlds/map.image.yaml',
      `${TILES}    overrides: [{ when: { number: "3", season: winter }, prompt: "Deep snow" }]\n`,
    )
    const plan = JSON.parse((await project.run('plan', '--json')).stdout) as {
      summary: { missing: number }
    }
    expect(plan.summary.missing).toBe(1)
    await project.run('generate', '--yes')
    expect(emulator.stats().requests).toBe(41)
    const ran = await project.run('export', 'tile-3-*', '--out', 'art', '--json')
    expect(JSON.parse(ran.stdout)).toMatchObject({
      images: 4,
      written: ['worlds/map/tile-3-winter-32.webp', 'worlds/map/tile-3-winter-32.png'],
      removed: [],
    })
    const changed = filesIn('art').filter((file) => stampOf(file) !== before.get(file))
    // The list holds the hashes of all files.
    expect(changed).toEqual([
      'art/images.json',
      'art/worlds/map/tile-3-winter-32.png',
      'art/worlds/map/tile-3-winter-32.webp',
    ])
  })

  it.each([
    ['plan'],
    ['plan', '--check'],
    ['list', 'tile-3-*'],
    ['verify'],
    ['prune', '--dry-run'],
    ['types'],
    ['export', '--out', 'art'],
    ['reroll', 'tile-no-such-number-2026-11-27'],
    ['generate', '--yes'],
  ])('breaks no number of `imagegen %s %s` in a terminal of 60 columns', async (...args) => {
    await project.run(...args)
    const piped = await project.run(...args)
    const narrow = await project.inTerminal(60, ...args)
    const numbers = new Set(numbersIn(`${piped.stdout}\n${piped.stderr}`))
    const lines = plain(narrow.stdout)
      .split(/\r?\n|\r/)
      .filter((line) => !line.includes('… and '))
    expect(lines.flatMap(numbersIn).filter((number) => !numbers.has(number))).toEqual([])
    for (const line of lines) expect(columnsOf(line), line).toBeLessThanOrEqual(60)
  })

  it('lists them for wide and narrow terminals', async () => {
    const [wide, narrow] = [
      plain((await project.inTerminal(200, 'list')).stdout),
      plain((await project.inTerminal(60, 'list')).stdout),
    ]
    for (const text of [wide, narrow]) {
      expect(text.match(/^worlds\/map\.image\.yaml#tile-\d-\w+\r$/gm)).toHaveLength(40)
      expect(text).toContain('40 images: 40 current.')
    }
    expect(wide.split('\n').length).toBeLessThan(narrow.split('\n').length)
  })
})
