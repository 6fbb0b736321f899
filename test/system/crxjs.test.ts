import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { filesBelow } from '../bundlers/sandbox.ts'
import { accountAt } from './account.ts'
import { installProject, type InstalledProject } from './installed-project.ts'

const PATIENCE = 600_000

const MANIFEST = `defaults: { output: { formats: [jpeg], widths: [64] } }
images:
  one: { prompt: One secret fox, alt: One }
  two: { prompt: Two secret owls, alt: Two }
`

const configWith = (options: string): string => `
import { crx } from '@crxjs/vite-plugin'
import imagegen from 'unplugin-imagegen/vite'
const manifest = {
  manifest_version: 3,
  name: 'Foxes',
  version: '1.0.0',
  content_scripts: [{ matches: ['https://example.com/*'], js: ['src/content.js'] }],
}
export default { plugins: [imagegen(${options}), crx({ manifest })] }
`

let project: InstalledProject
let emulator: Emulator

beforeAll(async () => {
  emulator = await startEmulator({ rpm: 0 })
  project = await installProject({
    files: {
      'package.json': JSON.stringify({ private: true, type: 'module' }),
      'vite.config.js': configWith(''),
      'src/animals.image.yaml': MANIFEST,
      'src/content.js': `import { one } from './animals.image.yaml'\nglobalThis.shown = one.src\n`,
      // crxjs bundles one page.
      'index.html': '<!doctype html><title>Foxes</title>',
    },
    dependencies: { '@crxjs/vite-plugin': '^3.0.0', vite: '^8.0.0' },
  })
  const { code, output } = await project.run(
    'imagegen',
    ['generate', '--yes'],
    accountAt(emulator.url),
  )
  expect(code, output).toBe(0)
}, PATIENCE)

afterAll(async () => {
  await emulator?.close()
  await project?.remove()
})

/** The extension that the dev server writes, once its content script and what that imports are there. */
async function extension(): Promise<{
  readonly files: ReadonlyMap<string, Buffer>
  readonly said: string
}> {
  const server = await project.serveAt('vite', [], { IMAGEGEN_MODE: 'frozen' })
  onTestFinished(() => server.stop())
  const folder = path.join(project.folder, 'dist')
  const names = (): string[] => (existsSync(folder) ? [...filesBelow(folder).keys()] : [])
  const pictures = (): string[] => names().filter((name) => name.endsWith('.jpg'))
  await expect.poll(pictures, { timeout: 120_000 }).toHaveLength(2)
  await expect.poll(() => server.output(), { timeout: 90_000 }).toContain('Load dist')
  return { files: filesBelow(folder), said: server.output() }
}

it(
  'the dev server of crxjs copies no manifest, and its pictures are where their URLs say',
  async () => {
    project.write('vite.config.js', configWith(`{ cacheDir: 'imagegen-cache' }`))
    const { files, said } = await extension()
    for (const [name, bytes] of files) {
      expect(bytes.includes('secret'), name).toBe(false)
      expect(name).not.toMatch(/\.image\.yaml$/)
    }
    expect(said).not.toContain('cacheDir')
    const urls = [...files.values()].flatMap((bytes) => {
      const [, url] = /export default "([^"]+\.jpg)\?/.exec(bytes.toString('utf8')) ?? []
      return url ?? []
    })
    expect(urls).toHaveLength(2)
    for (const url of urls) expect([...files.keys()]).toContain(url.slice(1))
  },
  PATIENCE,
)

it(
  'says which option to set where the cache is below node_modules',
  async () => {
    project.write('vite.config.js', configWith(''))
    const server = await project.serveAt('vite', [], { IMAGEGEN_MODE: 'frozen' })
    onTestFinished(() => server.stop())
    await expect
      .poll(() => server.output(), { timeout: 90_000 })
      .toContain(
        "cannot show pictures from node_modules/.cache/unplugin-imagegen: it renames the files below node_modules. Set the option `cacheDir` to another folder, such as `cacheDir: 'imagegen-cache'`.",
      )
  },
  PATIENCE,
)
