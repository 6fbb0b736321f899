import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { wait } from '../../src/shared/abort.ts'
import { conclude } from './findings.ts'
import { chaosProject, configOf, filesIn, KEY, type Ended, type Running } from './project.ts'

const nodeModules = path.join(import.meta.dirname, '../../node_modules')
const WEBPACK = pathToFileURL(path.join(nodeModules, 'webpack/lib/index.js')).href

const PROJECT = {
  'art.image.yaml': `defaults: { alt: "", size: 512x512, output: { formats: [webp], widths: [48] } }
images:
  kira: { prompt: Portrait of Kira }
  scene: { prompt: Kira in a library, references: ["#kira", ] }
  pair: { prompt: Two of them, n: 2 }
  broken: { prompt: A broken answer }
  cut: { prompt: A cut answer }
  elsewhere: { prompt: A picture that lies elsewhere }
  refused: { prompt: A refused one }
  gateway: { prompt: A gateway in trouble }
  unusable: { prompt: No picture at all }
`,
  'index.html': '<script type="module" src="/main.js"></script>',
  'main.js': "import art from './art.image.yaml'\nconsole.log(art)\n",
  'vite.config.mjs': `import imagegen from 'unplugin-imagegen/vite'
export default { plugins: [imagegen()], build: { sourcemap: true }, logLevel: 'info' }
`,
  'webpack.mjs': `import webpack from '${WEBPACK}'
import imagegen from 'unplugin-imagegen/webpack'
const compiler = webpack({
  mode: 'production',
  devtool: 'source-map',
  context: import.meta.dirname,
  entry: './main.js',
  output: { path: import.meta.dirname + '/dist-webpack' },
  cache: { type: 'filesystem', cacheDirectory: import.meta.dirname + '/webpack-cache' },
  infrastructureLogging: { level: 'verbose', debug: true },
  stats: 'verbose',
  plugins: [imagegen()],
})
compiler.run((error, stats) => {
  console.log(error ?? stats.toString({ preset: 'verbose' }))
  if (error ?? stats.hasErrors()) process.exitCode = 1
  compiler.close(() => {})
})
`,
  ...configOf(),
}

/** A third party's server, which must never receive the key. */
interface Elsewhere extends AsyncDisposable {
  readonly url: string
  /** Everything that was sent to it. */
  readonly received: string[]
}

async function elsewhere(): Promise<Elsewhere> {
  const received: string[] = []
  const server: Server = createServer((request, response) => {
    request.setEncoding('utf8')
    let body = ''
    request.on('data', (text: string) => (body += text))
    request.on('end', () => {
      received.push(JSON.stringify([request.url, request.rawHeaders, body]))
      response.writeHead(404).end('nothing here')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/**
 * The forms in which a text may be hidden in others: unchanged, in URLs, in JSON, in hex, and in base64 at any offset.
 */
function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.from(`${'\0'.repeat(shift)}${secret}`).toString('base64')
    // The first and last digits contain parts of the neighbouring text.
    return text.slice(Math.ceil((shift * 8) / 6), -4)
  })
  const hex = Buffer.from(secret).toString('hex')
  return [
    secret,
    encodeURIComponent(secret),
    encodeURI(secret),
    new URLSearchParams({ a: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('/', String.raw`\/`),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ]
}

test('no output, request to another host or file of runs and builds contains the key', async () => {
  await using other = await elsewhere()
  const quoting = { message: `your key is ${KEY}`, body: `<p>Bearer ${KEY}</p>` }
  await using emulator = await startEmulator({
    rpm: 0,
    latency: 100,
    apiKey: KEY,
  })
  await using redirecting = await startEmulator({
    rpm: 0,
    faults: [{ kind: 'redirect', location: `${other.url}/v1/image_generation` }],
  })
  await using project = await chaosProject(emulator.url, PROJECT)
  Object.assign(project.environment, { NODE_DEBUG: '*', DEBUG: '*', FORCE_COLOR: '1' })
  const output: Array<readonly [name: string, ended: Ended]> = []
  const note = async (name: string, running: Running): Promise<void> => {
    output.push([name, await running.ended])
  }

  project.environment['MINIMAX_API_HOST'] = redirecting.url
  await note('generate, redirected', project.start('generate', '--yes'))
  project.environment['MINIMAX_API_HOST'] = emulator.url
  const killed = project.start('generate', '--yes')
  while (emulator.stats().inFlight === 0) await wait(5, new AbortController().signal)
  killed.process.kill('SIGKILL')
  await note('generate, killed', killed)
  emulator.setFaults([
    { kind: 'status', code: 1026, message: quoting.message, match: 'refused', times: 1 },
    { kind: 'http', status: 502, body: quoting.body, match: 'gateway', times: 1 },
    { kind: 'http', status: 200, body: `{"data":"${KEY}`, match: 'broken', times: 1 },
    { kind: 'truncated-json', match: 'cut', times: 1 },
    { kind: 'unsafe-url', url: `${other.url}/a.jpg`, match: 'elsewhere', times: 1 },
    { kind: 'not-an-image', match: 'No picture', times: 1 },
  ])
  await note('generate, with failures', project.start('generate', '--yes', '--json'))
  await note('plan', project.start('plan', '--json'))
  const replace = ['--replace', 'art.image.yaml#unusable']
  await note('generate', project.start('generate', '--yes', ...replace))
  const vite = path.join(nodeModules, 'vite/bin/vite.js')
  await note('vite build', project.startScript(vite, 'build', '--debug'))
  await note('webpack build', project.startScript(project.file('webpack.mjs')))
  project.environment['MINIMAX_API_KEY'] = `${KEY} with blanks`
  await note(
    'generate, with a key that no header can hold',
    project.start('generate', '--yes', '--outdated'),
  )

  const wrong: string[] = []
  const expected = [1, 'SIGKILL', 1, 0, 0, 0, 0]
  for (const [index, code] of expected.entries()) {
    const [name, ended] = output[index]!
    if (ended.code !== code)
      wrong.push(`${name}: ${ended.code}, not ${code}: ${ended.stderr.slice(-800)}`)
  }
  const printed = output.flatMap(([name, { stdout, stderr }]) => [
    [`${name}, standard output`, Buffer.from(stdout)] as const,
    [`${name}, standard error`, Buffer.from(stderr)] as const,
  ])
  const left = filesIn(project.folder)
    .filter((file) => !file.startsWith('node_modules/unplugin-imagegen/'))
    .map((file) => [file, readFileSync(project.file(file))] as const)
  const sent = other.received.map(
    (text, index) => [`sent elsewhere ${index}`, Buffer.from(text)] as const,
  )
  const places = [...printed, ...left, ...sent]
  const forms = formsOf(KEY)
  const found = places.flatMap(([place, bytes]) =>
    forms.filter((form) => bytes.includes(form)).map((form) => `${place}: ${form}`),
  )
  const keys = emulator.stats().byStatus['2049'] ?? 0
  if (keys > 0) wrong.push('the right host did not get the key')
  if (other.received.length === 0) wrong.push('no request went to another host')
  const bytes = places.reduce((sum, [, content]) => sum + content.length, 0)
  const searched = `${left.length} files, ${printed.length} outputs, ${Math.round(bytes / 1024)} KB`
  conclude([
    {
      scenario: 'secrets',
      promised: 'the key is in no output, file, log, source map or cache, in no form',
      measured: `${forms.length} forms searched in ${searched}: found ${found.length} times`,
      broken: found,
    },
    {
      scenario: 'secrets',
      promised: 'the key goes to the configured host only',
      measured: `${other.received.length} requests elsewhere, none with it`,
      broken: wrong,
    },
  ])
})
