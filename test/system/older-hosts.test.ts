import { afterAll, beforeAll, expect, it } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { accountAt } from './account.ts'
import { installProject, type InstalledProject } from './installed-project.ts'

/** Hosts that are too old for the plugin, as projects have them that only want the commands. */
const DEPENDENCIES = {
  vite: '5.4.21',
  next: '^15.5.0',
  react: '^19.0.0',
  'react-dom': '^19.0.0',
  webpack: '^4.47.0',
  '@rspack/core': '0.7.5',
  rollup: '^3.30.0',
  esbuild: '^0.20.2',
  bullmq: '^5.61.0',
  ioredis: '^5.4.0',
}

const plugin = (entry: string): string =>
  `import imagegen from 'unplugin-imagegen/${entry}'\nconst plugins = [imagegen()]\n`
const report = `const tell = (error) => {
  console.error(error?.errors?.[0]?.text ?? error?.stack ?? String(error))
  process.exitCode = 1
}\n`

const FILES = {
  'package.json': '{ "name": "older", "private": true, "type": "module" }',
  'index.html': '<script type="module" src="/src/main.js"></script>',
  'src/main.js': "import { kira } from './cast.image.yaml'\ndocument.title = kira.alt\n",
  'src/cast.image.yaml': 'images:\n  kira: { prompt: Kira, alt: Kira }\n',
  'app/layout.js': 'export default ({ children }) => children\n',
  'app/page.js': 'export default () => null\n',
  'vite.config.js': `${plugin('vite')}export default { plugins }\n`,
  'next.config.mjs':
    "import { withImagegen } from 'unplugin-imagegen/next'\nexport default withImagegen({})\n",
  'webpack.mjs': `import webpack from 'webpack'\n${plugin('webpack')}${report}
try { webpack({ mode: 'production', entry: './src/main.js', plugins }) } catch (error) { tell(error) }`,
  'rspack.mjs': `import { rspack } from '@rspack/core'\n${plugin('rspack')}${report}
try { rspack({ mode: 'production', entry: './src/main.js', plugins }) } catch (error) { tell(error) }`,
  'rollup.mjs': `import { rollup } from 'rollup'\n${plugin('rollup')}${report}
rollup({ input: 'src/main.js', plugins }).catch(tell)`,
  'esbuild.mjs': `import { build } from 'esbuild'\n${plugin('esbuild')}${report}
build({ entryPoints: ['src/main.js'], bundle: true, outdir: 'out', logLevel: 'silent', plugins }).catch(tell)`,
}

let project: InstalledProject
let emulator: Emulator

beforeAll(async () => {
  emulator = await startEmulator({ rpm: 0 })
  // Fails where npm finds a conflict between peers.
  project = await installProject({ files: FILES, dependencies: DEPENDENCIES })
})
afterAll(async () => {
  await emulator?.close()
  await project?.remove()
})

const versionOf = (name: string): string =>
  (JSON.parse(project.read(`node_modules/${name}/package.json`)) as { version: string }).version

it.each([
  ['Vite 6', 'vite', 'vite', ['build']],
  ['Vite 6', 'vite', 'vite', ['--port', '0']],
  ['Next 16.3', 'next', 'next', ['build']],
  ['Rspack 1', '@rspack/core', 'node', ['rspack.mjs']],
  ['Rollup 4', 'rollup', 'node', ['rollup.mjs']],
  ['esbuild 0.21', 'esbuild', 'node', ['esbuild.mjs']],
])(
  'says that it needs %s or newer, and which %s is there (%s %s)',
  async (needed, name, ...run) => {
    const [program, args] = run
    const { code, output } = await project.run(program, args, accountAt(emulator.url))
    expect(code, output).not.toBe(0)
    const line = `unplugin-imagegen needs ${needed} or newer; this project has ${versionOf(name)}.`
    expect(output.split(line), output).toHaveLength(2)
    expect(output).not.toMatch(/^\s+at /m)
  },
)

it('says that it needs webpack 5, where webpack is too old to tell its version', async () => {
  const { code, output } = await project.run('node', ['webpack.mjs'])
  expect(code, output).toBe(1)
  expect(output).toContain(
    'unplugin-imagegen needs webpack 5 or newer; this project has an older one.',
  )
  expect(output).not.toMatch(/^\s+at /m)
})

it('says that the queue needs bullmq 6', async () => {
  const { code, output } = await project.run('imagegen', ['queue'])
  expect(code, output).toBe(2)
  expect(output).not.toContain('bullmq')
  project.write('imagegen.config.json', '{ "queue": { "connection": "redis://127.0.0.1:1" } }')
  const queue = await project.run('imagegen', ['queue'])
  project.write('imagegen.config.json', '{}')
  expect(queue.code, queue.output).toBe(2)
  expect(queue.output).toContain(
    `unplugin-imagegen needs bullmq 6 or newer; this project has ${versionOf('bullmq')}.`,
  )
})

it('exports pictures beside all of them, for it needs no bundler', async () => {
  const account = accountAt(emulator.url)
  expect(await project.run('imagegen', ['generate', '--yes'], account)).toMatchObject({ code: 0 })
  expect(await project.run('imagegen', ['export', '--out', 'out'], account)).toMatchObject({
    code: 0,
  })
  expect(project.read('out/images.json')).toContain('"alt": "Kira"')
  expect(emulator.stats().images).toBe(1)
})
