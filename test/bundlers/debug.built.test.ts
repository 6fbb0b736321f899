import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { chaosProject } from '../chaos/project.ts'

const nodeModules = path.join(import.meta.dirname, '../../node_modules')
const url = (file: string): string => pathToFileURL(path.join(nodeModules, file)).href

it('DEBUG=imagegen:* says why, in builds of Vite, for SSR, of webpack and of esbuild', async () => {
  await using emulator = await startEmulator({ rpm: 0 })
  await using project = await chaosProject(emulator.url, {
    'art.image.yaml':
      'prompt: A hero\nalt: ""\nsize: 512x512\noutput: { widths: [64], formats: [webp] }\n',
    'main.js': "import art from './art.image.yaml'\nexport default art\n",
    'vite.mjs': `import { build } from '${url('vite/dist/node/index.js')}'
import imagegen from 'unplugin-imagegen/vite'
await build({
  configFile: false, logLevel: 'silent', plugins: [imagegen({ mode: 'generate' })],
  build: process.argv[2] === 'ssr' ? { ssr: 'main.js' } : { rollupOptions: { input: 'main.js' } },
})
`,
    'webpack.mjs': `import webpack from '${url('webpack/lib/index.js')}'
import imagegen from 'unplugin-imagegen/webpack'
const compiler = webpack({ mode: 'production', entry: './main.js', plugins: [imagegen({ mode: 'generate' })] })
compiler.run(() => compiler.close(() => {}))
`,
    'esbuild.mjs': `import { build } from '${url('esbuild/lib/main.js')}'
import imagegen from 'unplugin-imagegen/esbuild'
await build({ entryPoints: ['main.js'], bundle: true, outdir: 'out', plugins: [imagegen({ mode: 'generate' })] })
`,
  })
  project.environment['DEBUG'] = 'imagegen:*'
  const said = async (script: string, ...args: string[]): Promise<string> =>
    (await project.startScript(project.file(script), ...args).ended).stderr
  const first = await said('vite.mjs')
  expect(first).toMatch(/imagegen:plan art\.image\.yaml: missing, new/)
  expect(first).toMatch(/imagegen:wait art\.image\.yaml: requested, waiting for the provider/)
  expect(first).toMatch(/imagegen:cache art.*: renditions are not in the cache, rendering/)
  for (const [script, ...args] of [
    ['vite.mjs', 'ssr'],
    ['webpack.mjs'],
    ['esbuild.mjs'],
  ] as const) {
    const later = await said(script, ...args)
    expect(later).toMatch(/imagegen:plan art\.image\.yaml: current, in the store/)
    expect(later).toMatch(/imagegen:cache art.*: renditions come from the cache/)
  }
})
