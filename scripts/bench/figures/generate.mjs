import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { judged, seconds } from '../row.mjs'
import { rounds } from '../rounds.mjs'
import { run } from '../run.mjs'

const EMULATOR = fileURLToPath(new URL('../programs/emulator.mjs', import.meta.url))
const ASK = new URL('../programs/ask-emulator.mjs', import.meta.url)
const CONCURRENCY = 16

/**
 * `imagegen generate` against the emulator: at a limit, and without one.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureGenerate(settings) {
  const { scale } = settings
  // Three windows take two minutes, which the quick form does not have.
  return scale.isQuick
    ? [await withoutLimit(settings)]
    : [await atTheLimit(settings), await withoutLimit(settings)]
}

/**
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row>}
 */
async function atTheLimit({ workspace }) {
  const [rpm, latency, windows] = [60, 2, 3]
  const count = rpm * windows
  const server = await startEmulator(workspace, rpm, latency)
  const project = workspace.project('limit', projectFiles(count, rpm))
  const { seconds: taken } = await generate(workspace, project, server.url)
  await server.stop(count)
  project.remove()
  // All of a window at its start, the last ones as the number of requests at a time allows.
  const least = 60 * (windows - 1) + Math.ceil(rpm / CONCURRENCY) * latency
  return judged({
    figure: `generate ${count} pictures at ${rpm} a minute and ${latency} s latency`,
    against: `what the limit and ${CONCURRENCY} requests at a time allow (${least} s); no 1002`,
    values: [least / taken],
    unit: '×',
    least: 0.95,
    aside: `${seconds(taken)} s`,
  })
}

/**
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row>}
 */
async function withoutLimit({ workspace, scale }) {
  const latency = 1
  const count = CONCURRENCY * scale.of(20, 4)
  const server = await startEmulator(workspace, 0, latency)
  const project = workspace.project('unlimited', projectFiles(count, 60_000))
  const all = await rounds(
    {
      reference: () =>
        run(ASK, [server.url, String(count), String(CONCURRENCY), 'a harbour'], {
          cwd: project.folder,
        }),
      ours() {
        project.clear('.imagegen', 'node_modules/.cache')
        return generate(workspace, project, server.url)
      },
    },
    scale.of(5, 1),
  )
  await server.stop(2 * count * all.length)
  project.remove()
  return judged({
    figure: `generate ${count} pictures without a limit, at ${latency} s latency`,
    against: `a program that sends ${CONCURRENCY} requests at a time and keeps nothing`,
    values: all.map(({ ours, reference }) => reference.seconds / ours.seconds),
    unit: '×',
    least: 0.95,
    aside: `${((count / CONCURRENCY) * latency).toFixed(0)} s of latency in all`,
  })
}

/**
 * @param {number} count
 * @param {number} rpm
 * @returns {Record<string, string>}
 */
function projectFiles(count, rpm) {
  const images = Array.from(
    { length: count },
    (_, index) => `  i${index}: { prompt: a harbour ${index} }`,
  )
  return {
    'imagegen.config.mjs': `import { defineConfig, minimax } from 'unplugin-imagegen'
export default defineConfig({ models: { 'image-01': minimax('image-01', { rpm: ${rpm} }) } })
`,
    'src/harbours.image.yaml': `defaults: { alt: "", size: 512x512 }\nimages:\n${images.join('\n')}\n`,
  }
}

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @param {import('../workspace.mjs').Project} project
 * @param {string} url
 * @returns {Promise<import('../run.mjs').Sample>}
 */
function generate(workspace, project, url) {
  const environment = { MINIMAX_API_HOST: url, MINIMAX_API_KEY: 'any' }
  const args = ['generate', '--yes', '--budget', '1000', '--json']
  return run(workspace.cli, args, { cwd: project.folder, environment })
}

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @param {number} rpm 0: no limit
 * @param {number} latency seconds
 * @returns {Promise<{ url: string, stop: (expected: number) => Promise<void> }>} stop: looks whether so many requests
 *   came, and none of them was refused.
 */
async function startEmulator(workspace, rpm, latency) {
  const module = pathToFileURL(workspace.module('emulator/index.js')).href
  const child = spawn(process.execPath, [EMULATOR, module, String(rpm), String(1000 * latency)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data')
  const url = String(text).trim()
  return {
    url,
    async stop(expected) {
      const stats = await fetch(`${url}/__emulator/stats`)
      const { byStatus } = /** @type {{ byStatus: Record<string, number> }} */ (await stats.json())
      child.kill('SIGTERM')
      await once(child, 'close')
      if (byStatus['0'] !== expected || Object.keys(byStatus).length > 1) {
        throw new Error(`${expected} requests were expected: ${JSON.stringify(byStatus)}`)
      }
    },
  }
}
