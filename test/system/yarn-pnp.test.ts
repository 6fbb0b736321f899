import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { filesBelow, picturesBelow } from '../bundlers/sandbox.ts'
import { accountAt } from './account.ts'
import { installProject, type InstalledProject, type Ran } from './installed-project.ts'
import { newerNode } from './newer-node.ts'

const YARN = ['--yes', '-p', '@yarnpkg/cli-dist@4', 'yarn'] as const

const FILES = {
  'package.json': '{ "name": "pnp", "private": true, "type": "module" }',
  'yarn.lock': '',
  'index.html': '<script type="module" src="/src/main.js"></script>',
  'src/cast.image.yaml': 'images:\n  kira: { prompt: Kira, alt: Kira }\n',
  'src/main.js': "import { kira } from './cast.image.yaml'\ndocument.title = kira.src\n",
  'imagegen.config.ts':
    "import { defineConfig } from 'unplugin-imagegen'\nexport default defineConfig({ budget: { images: 1 } })\n",
  'vite.config.js':
    "import imagegen from 'unplugin-imagegen/vite'\nexport default { plugins: [imagegen()] }\n",
  'webpack.mjs': `import webpack from 'webpack'
import imagegen from 'unplugin-imagegen/webpack'
const output = { path: import.meta.dirname + '/dist-webpack' }
webpack({ mode: 'production', entry: './src/main.js', output, plugins: [imagegen()] }, (error, stats) => {
  if (error ?? stats.hasErrors()) throw error ?? new Error(stats.toString())
})`,
  'required.cjs': "console.log(typeof require('unplugin-imagegen/webpack'))",
}

let project: InstalledProject
let emulator: Emulator

beforeAll(async () => {
  emulator = await startEmulator({ rpm: 0 })
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
  project = await installProject({
    files: {
      ...FILES,
      '.yarnrc.yml': [
        'nodeLinker: pnp',
        'enableTelemetry: false',
        'enableImmutableInstalls: false',
        'enableGlobalCache: false',
        `npmRegistryServer: ${JSON.stringify(registry)}`,
      ].join('\n'),
    },
    dependencies: { vite: '^8.0.0', webpack: '^5.0.0' },
    install: ['npx', ...YARN, 'install'],
  })
})
afterAll(async () => {
  await emulator?.close()
  await project?.remove()
})

const yarn = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  project.run('npx', [...YARN, ...args], { ...accountAt(emulator.url), ...environment })

it('generates, keeps and builds pictures with the package in a zip archive', async () => {
  const vite = await yarn(['vite', 'build'])
  expect(vite.code, vite.output).toBe(0)
  const webpack = await yarn(['node', 'webpack.mjs'])
  expect(webpack.code, webpack.output).toBe(0)
  for (const folder of ['dist', 'dist-webpack']) {
    expect(picturesBelow(`${project.folder}/${folder}`), folder).toHaveLength(1)
  }
  expect([...filesBelow(`${project.folder}/.imagegen`).keys()]).toContainEqual(
    expect.stringMatching(/^kira\.[0-9a-f]{16}\.[0-9a-f]{8}\.json$/),
  )
  expect(emulator.stats().images).toBe(1)
})

it('runs the commands', async () => {
  for (const args of [['verify'], ['types'], ['plan', '--check'], ['export', '--out', 'out']]) {
    const { code, output } = await yarn(['imagegen', ...args])
    expect(code, output).toBe(0)
  }
  expect(emulator.stats().images).toBe(1)
})

it('can be required on a Node whose loader hooks serve require, too', async () => {
  const { folder } = await newerNode()
  const PATH = `${folder}:${process.env['PATH']}`
  const { code, output } = await yarn(['node', 'required.cjs'], { PATH })
  expect(code, output).toBe(0)
  expect(output).toContain('function')
})
