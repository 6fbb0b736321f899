import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { median } from '../row.mjs'
import { environmentOf, run } from '../run.mjs'

const EMULATOR = fileURLToPath(new URL('../programs/emulator.mjs', import.meta.url))

/**
 * Pictures a second through the queue, with an emulator that answers at once: what the queue itself can carry.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureQueue(settings) {
  const { workspace, scale } = settings
  const count = scale.of(400, 50)
  const redis = await startRedis(workspace)
  if (redis === undefined) return [row(count, 'not measured: redis-server is not installed', null)]
  const emulator = await startEmulator(workspace)
  try {
    const place = { workspace, count, url: emulator.url }
    const times = scale.of(3, 1)
    const alone = await rates(times, () => throughput({ ...place, redis: undefined, workers: 0 }))
    const rows = [row(count, 'one process, without a queue', alone)]
    for (const workers of [1, 2, 4]) {
      const values = await rates(times, () => throughput({ ...place, redis: redis.url, workers }))
      rows.push(row(count, `the queue, ${workers} worker${workers === 1 ? '' : 's'}`, values))
    }
    return rows
  } finally {
    await Promise.all([emulator.stop(), redis.stop()])
  }
}

/**
 * @param {number} runs
 * @param {() => Promise<number>} measure
 * @returns {Promise<number[]>}
 */
async function rates(runs, measure) {
  const values = []
  for (let index = 0; index < runs; index++) values.push(await measure())
  return values
}

/**
 * Pictures a second, from the start of `imagegen generate` to its end.
 *
 * @param {object} setting
 * @param {import('../workspace.mjs').Workspace} setting.workspace
 * @param {number} setting.count
 * @param {string} setting.url
 * @param {string | undefined} setting.redis
 * @param {number} setting.workers
 * @returns {Promise<number>}
 */
async function throughput({ workspace, count, url, redis, workers }) {
  const project = workspace.project('queue', filesOf(count, redis))
  const environment = { MINIMAX_API_HOST: url, MINIMAX_API_KEY: 'any' }
  const running = await Promise.all(
    Array.from({ length: workers }, () => startWorker(workspace.cli, project.folder, environment)),
  )
  const args = ['generate', '--yes', '--budget', String(count), '--json']
  const { seconds, stdout } = await run(workspace.cli, args, { cwd: project.folder, environment })
  const { pictures } = JSON.parse(stdout)
  for (const worker of running) {
    worker.kill('SIGTERM')
    await once(worker, 'close')
  }
  project.remove()
  if (pictures !== count) throw new Error(`${count} pictures were expected: ${stdout}`)
  return count / seconds
}

/**
 * @param {string} cli
 * @param {string} cwd
 * @param {Readonly<Record<string, string>>} environment
 */
async function startWorker(cli, cwd, environment) {
  const child = spawn(process.execPath, [cli, 'worker'], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...environmentOf(cwd), ...environment },
  })
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.includes('Takes pictures')) break
  }
  child.stderr.resume()
  return child
}

/**
 * @param {number} count
 * @param {string | undefined} redis
 * @returns {Record<string, string>}
 */
function filesOf(count, redis) {
  const images = Array.from(
    { length: count },
    (_, index) => `  i${index}: { prompt: a harbour ${index} }`,
  )
  const queue = redis === undefined ? '' : `queue: { connection: '${redis}' },`
  return {
    'imagegen.config.mjs': `import { defineConfig, minimax } from 'unplugin-imagegen'
export default defineConfig({
  models: { 'image-01': minimax('image-01', { rpm: 1_000_000 }) },
  ${queue}
})
`,
    'src/harbours.image.yaml': `defaults: { alt: "", size: 512x512 }\nimages:\n${images.join('\n')}\n`,
  }
}

/**
 * @param {number} count
 * @param {string} how
 * @param {readonly number[] | null} values
 * @returns {import('../row.mjs').Row}
 */
function row(count, how, values) {
  const middle = values === null ? null : median(values)
  return {
    figure: `${count} pictures of an emulator that answers at once`,
    against: how,
    target: '',
    reached: middle === null ? '' : `${middle.toFixed(1)} pictures a second`,
    verdict: 'reported',
    ratio: middle,
    spread: values === null ? null : [Math.min(...values), Math.max(...values)],
  }
}

/** @param {import('../workspace.mjs').Workspace} workspace */
async function startEmulator(workspace) {
  const module = pathToFileURL(workspace.module('emulator/index.js')).href
  const child = spawn(process.execPath, [EMULATOR, module, '0', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data')
  return { url: String(text).trim(), stop: () => stop(child) }
}

/**
 * A server that writes nothing to the disk; nothing where none is installed.
 *
 * @param {import('../workspace.mjs').Workspace} workspace
 */
async function startRedis(workspace) {
  const port = await freePort()
  const place = workspace.project('redis', {})
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--dir', place.folder]
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const missing = once(child, 'error').then(() => 'missing')
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('Ready to accept connections')) return 'ready'
    }
    return 'missing'
  })()
  if ((await Promise.race([ready, missing])) === 'missing') return undefined
  child.stdout.resume()
  return { url: `redis://127.0.0.1:${port}`, stop: () => stop(child) }
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** @param {import('node:child_process').ChildProcess} child */
async function stop(child) {
  child.kill('SIGTERM')
  await once(child, 'close')
}
