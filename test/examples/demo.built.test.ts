import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import glob from 'fast-glob'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { runDemo, startDemo, type RunningDemo } from './start-demo.ts'

const examples = fileURLToPath(new URL('../../examples', import.meta.url))

function temporaryFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'imagegen-demo-'))
}

describe('the demo', () => {
  let demo: RunningDemo
  let folder: string
  let before: Record<string, string>

  beforeAll(async () => {
    before = contentsOf(examples)
    folder = temporaryFolder()
    demo = await startDemo(folder)
  })

  afterAll(async () => {
    await demo?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('measures in every build the requests that it expects', () => {
    expect(tableOf(demo.output)).toEqual([
      { build: 'Vite, from an empty store', expected: 7, measured: 7, pictures: 'all 7' },
      { build: 'Vite, nothing changed', expected: 0, measured: 0, pictures: '' },
      { build: 'Vite, another width', expected: 0, measured: 0, pictures: '' },
      {
        build: 'Vite, another prompt for Kira',
        expected: 3,
        measured: 3,
        pictures: 'kira, kiraInLibrary, kiraOnTheQuay',
      },
      { build: 'webpack, from the same store', expected: 0, measured: 0, pictures: '' },
    ])
    expect(demo.output).toContain('All as expected.')
  })

  it('has really changed the width', () => {
    for (const host of ['vite/dist/assets', 'webpack/dist']) {
      const code = scriptsIn(path.join(folder, host))
      expect(code).toContain(' 900w')
      expect(code).not.toContain(' 800w')
    }
  })

  it('writes nothing into the repository', () => {
    expect(contentsOf(examples)).toEqual(before)
  })

  it('shows what each build cost beside the pictures that it made', async () => {
    const page = await (await fetch(demo.pages.story)).text()
    const costs = [...page.matchAll(/<b>(\d+)<\/b> requests?<span>([^<]+)</g)]
    expect(costs.map(([, requests, cost]) => [Number(requests), cost])).toEqual([
      [7, '0.0245 USD'],
      [0, 'nothing to pay'],
      [0, 'nothing to pay'],
      [3, '0.0105 USD'],
      [0, 'nothing to pay'],
    ])
    const pictures = [...page.matchAll(/<img src="([^"]+)"/g)]
    expect(pictures).toHaveLength(10)
    for (const [, file] of pictures) {
      const answer = await fetch(new URL(file!, demo.pages.story))
      expect(answer.headers.get('content-type')).toBe('image/webp')
    }
  })

  it('serves all pages and the studio until Ctrl-C', async () => {
    expect(demo.pages.studio).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=/)
    const studio = await fetch(demo.pages.studio)
    expect(studio.headers.get('content-type')).toMatch(/^text\/html/)
    const vite = await fetch(demo.pages.vite)
    expect(await vite.text()).toContain('<title>An Atlas of Small Places</title>')
    const webpack = await fetch(demo.pages.webpack)
    expect(await webpack.text()).toContain('<title>Postcards from Small Places</title>')
    expect(await demo.stop()).toBe(0)
    for (const page of Object.values(demo.pages)) {
      await expect(fetch(page)).rejects.toThrow('fetch failed')
    }
  })
})

describe('the demo with a key', () => {
  it('says what it costs, and shows a failure readably', async () => {
    const emulator = await startEmulator({ apiKey: 'the-right-one' })
    const folder = temporaryFolder()
    onTestFinished(async () => {
      rmSync(folder, { recursive: true, force: true })
      await emulator.close()
    })
    const { output, exitCode } = await runDemo(['--folder', folder], {
      MINIMAX_API_KEY: 'a-wrong-one',
      MINIMAX_API_HOST: emulator.url,
    })
    expect(exitCode).toBe(1)
    expect(output).toContain(
      'MINIMAX_API_KEY is set: MiniMax makes the pictures, and they cost money.',
    )
    // Seven pictures, and three of them a second time, at $0.0035.
    expect(output).toContain('10 pictures, 0.0350 USD.')
    expect(output).toContain('vite.js failed')
    expect(output).toContain('MiniMax 2049: invalid API key')
    expect(output).not.toContain('a-wrong-one')
    // Rolldown adds its own stack frames to a plugin's errors; the plugin's frames would not help the user.
    expect(output).not.toMatch(/^\s+at .*\/dist\/(?:generate|pipeline|plugin)\//m)
    expect(emulator.stats().images).toBe(0)
  })
})

describe('a wrong call of the demo', () => {
  it.each([
    { options: ['--sevre'], message: "Unknown option '--sevre'" },
    { options: ['--folder', examples], message: `${examples} is not empty.` },
  ])('$options ends with one sentence', async ({ options, message }) => {
    const { output, exitCode } = await runDemo(options)
    expect(exitCode).toBe(1)
    expect(output.trim()).toContain(message)
    expect(output).not.toMatch(/^\s+at /m)
  })
})

describe('what the demo calls as expected', () => {
  it.each([
    { requests: 2, made: ['cover', 'kira'], isFine: true },
    { requests: 3, made: ['cover', 'kira'], isFine: false },
    { requests: 2, made: ['cover'], isFine: false },
    { requests: 2, made: ['cover', 'forest'], isFine: false },
  ])('$requests requests for $made: $isFine', async ({ requests, made, isFine }) => {
    const { isAsExpected } = (await import(`${examples}/demo/steps.mjs`)) as {
      isAsExpected: (outcome: unknown) => boolean
    }
    const step = { title: '', expected: ['cover', 'kira'] }
    expect(isAsExpected({ step, requests, made, seconds: 1 })).toBe(isFine)
  })
})

function tableOf(output: string) {
  return [...output.matchAll(/^ {2}(\S.*?) {2,}(\d+) +(\d+) +\d+\.\d(?: {2}(.+))?$/gm)].map(
    ([, build, expected, measured, pictures = '']) => ({
      build,
      expected: Number(expected),
      measured: Number(measured),
      pictures,
    }),
  )
}

/** Every file of the examples with its content. The demo's own folder is left out, because it may be in use. */
function contentsOf(folder: string): Record<string, string> {
  const files = glob.sync('**', {
    cwd: folder,
    dot: true,
    followSymbolicLinks: false,
    ignore: ['**/node_modules/**', '.demo/**'],
  })
  return Object.fromEntries(
    files.sort().map((file) => [file, readFileSync(path.join(folder, file), 'latin1')]),
  )
}

function scriptsIn(folder: string): string {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .join('\n')
}
