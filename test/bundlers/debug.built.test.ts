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
  expect(first).toMatch(
    /imagegen:cache art\.image\.yaml: the manifest is not in the cache, parsing/,
  )
  expect(first).toMatch(/imagegen:cache art.*: renditions are not in the cache, rendering/)
  for (const [script, ...args] of [
    ['vite.mjs', 'ssr'],
    ['webpack.mjs'],
    ['esbuild.mjs'],
  ] as const) {
    const later = await said(script, ...args)
    expect(later).toMatch(/imagegen:plan art\.image\.yaml: current, in the store/)
    expect(later).toMatch(
      /imagegen:cache art\.image\.yaml: the parsed manifest comes from the cache/,
    )
    expect(later).toMatch(/imagegen:cache art.*: renditions come from the cache/)
  }
})

it('DEBUG=imagegen:* says what a dev server waits for, and what an edit invalidates', async () => {
  await using emulator = await startEmulator({ rpm: 0 })
  await using project = await chaosProject(emulator.url, {
    'art.image.yaml': `defaults: { size: 512x512, output: { widths: [64], formats: [webp] } }
images:
  sheet: { prompt: A sheet, alt: "" }
  scene: { prompt: A scene, alt: "", references: ["#sheet"] }
`,
    'main.js': "import art from './art.image.yaml'\nexport default art\n",
    'serve.mjs': `import { createServer } from '${url('vite/dist/node/index.js')}'
import { minimax } from 'unplugin-imagegen'
import imagegen from 'unplugin-imagegen/vite'
const models = { 'image-01': minimax('image-01', { rpm: 1 }) }
const server = await createServer({
  configFile: false, logLevel: 'silent', server: { port: 0, host: '127.0.0.1' },
  plugins: [imagegen({ mode: 'generate', models })],
})
await server.listen()
await server.transformRequest('/main.js')
`,
  })
  project.environment['DEBUG'] = 'imagegen:*'
  const server = project.startScript(project.file('serve.mjs'))
  let said = ''
  server.process.stderr?.on('data', (text: string) => (said += text))
  const says = (line: RegExp): Promise<void> => expect.poll(() => said).toMatch(line)
  await says(/imagegen:wait art\.image\.yaml#sheet: waiting until it has not changed for 2000 ms/)
  await says(
    /imagegen:wait art\.image\.yaml#scene: waiting for what it refers to, art\.image\.yaml#sheet/,
  )
  await says(/imagegen:wait art\.image\.yaml#sheet: arrived/)
  // The one request of this minute is used up.
  await says(/imagegen:wait a request waits \d+ ms for its turn: 1 requests a minute/)
  project.write({
    'art.image.yaml': project.read('art.image.yaml').replace('A scene', 'Another scene'),
  })
  await says(/imagegen:invalidate .*art\.image\.yaml changed: its images are looked at again/)
  await says(/imagegen:plan survey .*art\.image\.yaml/)
  server.process.kill('SIGKILL')
  await server.ended
})
