import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, emulatorFor, type Project } from '../cli/project.ts'
import { startRedis, type RedisServer } from './redis.ts'

const modules = path.join(import.meta.dirname, '../../node_modules')
const PASSWORD = 'redis-password-not-to-be-seen'
let server: RedisServer

beforeAll(async () => {
  server = await startRedis({ password: PASSWORD })
})

afterAll(() => server[Symbol.asyncDispose]())

/** A checkout of a project with a page, whose remote is Redis. */
async function checkout(): Promise<Project> {
  const project = await createProject({
    'art.image.yaml': 'images:\n  cat: { prompt: A cat, alt: "" }\n',
    'main.js': `import { cat } from './art.image.yaml'\nconsole.log(cat.src)\n`,
    'index.html': '<script type="module" src="/main.js"></script>',
    'imagegen.config.mjs': [
      `import redisDriver from 'unstorage/drivers/redis'`,
      `const remote = () => redisDriver({ url: ${JSON.stringify(server.url)}, maxRetriesPerRequest: 1 })`,
      `export default { store: { remote } }`,
    ].join('\n'),
    'vite.config.mjs': `import imagegen from 'unplugin-imagegen/vite'\nexport default { plugins: [imagegen()] }\n`,
    'webpack.config.cjs': [
      `const imagegen = require('unplugin-imagegen/webpack')`,
      `module.exports = { mode: 'production', entry: './main.js', plugins: [imagegen()] }`,
    ].join('\n'),
    'rollup.mjs': BUILD_WITH_ROLLUP,
    'webpack.mjs': BUILD_WITH_WEBPACK,
  })
  for (const name of ['unstorage', 'vite', 'webpack', 'rollup']) {
    symlinkSync(path.join(modules, name), path.join(project.folder, 'node_modules', name))
  }
  return project
}

const BUILD_WITH_ROLLUP = `import imagegen from 'unplugin-imagegen/rollup'
import { rollup } from 'rollup'
const build = await rollup({ input: 'main.js', plugins: [imagegen()] })
await build.write({ dir: 'dist' })
await build.close()
`
const BUILD_WITH_WEBPACK = `import webpack from 'webpack'
import config from './webpack.config.cjs'
const compiler = webpack({ ...config, context: process.cwd() })
await new Promise((resolve, reject) => compiler.run((error, stats) =>
  error || stats.hasErrors() ? reject(error ?? new Error(stats.toString())) : resolve()))
`

/** Runs a build as CI does, to its end: a connection that is left open would keep it from ending. */
async function build(
  { folder }: Project,
  ...command: readonly string[]
): Promise<{ code: unknown; said: string }> {
  const child = spawn(process.execPath, command, {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, CI: 'true' },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const [code] = (await once(child, 'close')) as unknown[]
  return { code, said }
}

const VITE = [path.join(modules, 'vite/bin/vite.js'), 'build']

test('frozen builds on fresh machines read what another machine made, and end', async () => {
  const maker = await checkout()
  const emulator = await emulatorFor(maker)
  expect(await maker.run('generate', '--yes')).toMatchObject({ code: 0 })
  for (const command of [VITE, ['rollup.mjs'], ['webpack.mjs']]) {
    const reader = await checkout()
    const { code, said } = await build(reader, ...command)
    expect({ code, said }).toMatchObject({ code: 0 })
    expect(reader.files().some((file) => /^dist\/.*cat.*\.webp$|^dist\/.*\.webp$/.test(file))).toBe(
      true,
    )
  }
  expect(emulator.stats().requests).toBe(1)
})

test('a build without its remote says so, shows no password, and fails; with cached renditions it succeeds', async () => {
  const own = await checkout()
  const emulator = await emulatorFor(own)
  expect(await own.run('generate', '--yes')).toMatchObject({ code: 0 })
  expect(await build(own, ...VITE)).toMatchObject({ code: 0 })
  const fresh = await checkout()
  await server.kill()
  try {
    const failed = await build(fresh, ...VITE)
    expect(failed.code).toBe(1)
    expect(failed.said).toContain('The remote store failed')
    expect(failed.said).not.toContain(PASSWORD)
    // Receipts are here, bytes are not, and nobody needs them.
    for (const file of own.files().filter((name) => /^\.imagegen\/.*\.jpg$/.test(name))) {
      rmSync(path.join(own.folder, file))
    }
    expect(await build(own, ...VITE)).toMatchObject({ code: 0 })
  } finally {
    await server.start()
  }
  expect(emulator.stats().requests).toBe(0)
})
