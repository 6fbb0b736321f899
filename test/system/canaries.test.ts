import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInThisContext } from 'node:vm'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startRedis } from './redis.ts'

/*
 * Parts of frameworks that are not documented and that the code relies on. Each is looked up in the package as npm has it:
 * its newest version of the major that we support. A failure here says which one is gone, and where to look.
 */

let folder: string

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'imagegen-canaries-')))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Unpacks a package without its dependencies and returns its folder. */
function unpack(specifier: string): string {
  const target = path.join(folder, specifier.replaceAll(/\W/g, '-'))
  mkdirSync(target)
  const packed = execFileSync(
    'npm',
    ['pack', specifier, '--silent', '--pack-destination', target],
    {
      encoding: 'utf8',
    },
  )
  const archive = packed.trim().split('\n').at(-1) ?? ''
  execFileSync('tar', ['xzf', path.join(target, archive), '-C', target])
  return path.join(target, 'package')
}

// https://github.com/vercel/next.js/blob/canary/packages/next-env/index.ts (`initialEnv`)
test('Next: initialEnv of @next/env is the environment from before .env files', async () => {
  const env: unknown = createRequire(import.meta.url)(path.join(unpack('@next/env@16'), 'dist'))
  const { loadEnvConfig } = env as {
    loadEnvConfig: (folder: string, isDev: boolean, log: object) => unknown
  }
  const project = path.join(folder, 'next-project')
  mkdirSync(project)
  writeFileSync(path.join(project, '.env'), 'CANARY_OF_IMAGEGEN=from-a-file')
  onTestFinished(() => void delete process.env['CANARY_OF_IMAGEGEN'])
  const said = (): void => undefined
  loadEnvConfig(project, true, { info: said, error: said })
  expect(process.env['CANARY_OF_IMAGEGEN']).toBe('from-a-file')
  const { initialEnv } = env as { initialEnv?: NodeJS.ProcessEnv }
  expect(initialEnv, '@next/env has no `initialEnv`: see `findNext`').toBeDefined()
  expect(Object.keys(initialEnv ?? {})).toContain('PATH')
  expect(initialEnv?.['CANARY_OF_IMAGEGEN']).toBeUndefined()
})

describe('Astro', () => {
  let astro: string
  beforeAll(() => {
    astro = unpack('astro@7')
  })

  // https://github.com/withastro/astro/blob/main/packages/astro/src/assets/utils/proxy.ts
  test('an imported picture tells its fsPath, gives a clone, and is noted in astroAsset', async () => {
    const file = path.join(astro, 'dist/assets/utils/proxy.js')
    const { getProxyCode } = (await import(pathToFileURL(file).href)) as {
      getProxyCode: (options: object, isSsr: boolean) => string
    }
    const global = globalThis as { astroAsset?: { referencedImages: Set<string> } }
    global.astroAsset = { referencedImages: new Set() }
    onTestFinished(() => void delete global.astroAsset)
    const code = getProxyCode({ src: '/kira.png', fsPath: '/app/kira.png' }, false)
    const image = runInThisContext(`(${code})`) as {
      readonly clone: unknown
      readonly fsPath: string
      readonly src: string
    }
    const changed = 'Astro keeps originals in another way: see src/plugin/hosts/astro-originals.ts'
    expect(image.fsPath, changed).toBe('/app/kira.png')
    expect(image.clone, changed).toMatchObject({ src: '/kira.png' })
    expect(image.src).toBe('/kira.png')
    expect([...global.astroAsset.referencedImages], changed).toEqual(['/app/kira.png'])
  })

  // https://github.com/withastro/astro/blob/main/packages/astro/src/assets/build/generate.ts
  test('globalThis.astroAsset.referencedImages decides which originals a build removes', () => {
    const code = readFileSync(path.join(astro, 'dist/assets/build/generate.js'), 'utf8')
    expect(code, 'see src/plugin/hosts/astro-originals.ts').toMatch(
      /globalThis\.astroAsset\.referencedImages\?\.has\(/,
    )
  })
})

// https://github.com/nuxt/nuxt/blob/main/packages/nuxt/src/core/nuxt.ts (`_version`)
test('Nuxt: an instance of Nuxt has its version as _version', () => {
  const dist = path.join(unpack('nuxt@4'), 'dist')
  const code = readFileSync(path.join(dist, 'index.mjs'), 'utf8')
  expect(code, 'Nuxt has no `_version`: see src/nuxt.ts').toMatch(/\b_version: \S*version\b/)
})

// https://github.com/unjs/consola/blob/main/src/consola.ts (`wrapConsole`)
test('consola: __error is the original console method while consola wraps the console', async () => {
  const file = path.join(unpack('consola@3'), 'dist/index.mjs')
  const { createConsola } = (await import(pathToFileURL(file).href)) as {
    createConsola: () => { wrapConsole(): void; restoreConsole(): void }
  }
  const consola = createConsola()
  const own: unknown = Reflect.get(console, 'error')
  consola.wrapConsole()
  onTestFinished(() => consola.restoreConsole())
  expect(Reflect.get(console, 'error')).not.toBe(own)
  expect(
    Reflect.get(console, '__error'),
    'consola has no `__error`: see src/shared/logger.ts',
  ).toBe(own)
})

// https://github.com/remix-run/react-router/blob/main/packages/react-router-dev/vite/plugin.ts (`viteChildCompiler`)
test('React Router: its second dev server gets the plugins without their configureServer', () => {
  const dist = path.join(unpack('@react-router/dev@7'), 'dist')
  const code = readFileSync(path.join(dist, 'vite.js'), 'utf8')
  expect(code, 'see `isChildServer` in src/plugin/hosts/vite.ts').toMatch(
    /\.\.\.plugin,\s+configureServer: (?:void 0|undefined)/,
  )
})

// https://github.com/taskforcesh/bullmq/blob/master/src/classes/worker.ts (`limiter`)
test('BullMQ: a worker with a limiter leaves a queue alone that rateLimit() has stopped', async () => {
  await using server = await startRedis()
  const connection = new Redis(server.url, { maxRetriesPerRequest: null })
  const queue = new Queue('canary', { connection })
  const open = (limiter?: { max: number; duration: number }): Worker =>
    new Worker('canary', null, {
      connection,
      autorun: false,
      ...(limiter === undefined ? {} : { limiter }),
    })
  const limited = open({ max: 2 ** 31, duration: 1000 })
  const unlimited = open()
  try {
    await queue.rateLimit(600_000)
    await queue.add('kira', {})
    expect(
      await limited.getNextJob('canary', { block: false }),
      'a limiter no longer heeds rateLimit(): see `NO_LIMIT` in src/queue/worker/worker.ts',
    ).toBeUndefined()
    // Once a worker without a limiter heeds it, too, `NO_LIMIT` can go.
    expect((await unlimited.getNextJob('canary', { block: false }))?.name).toBe('kira')
  } finally {
    await Promise.all([limited.close(true), unlimited.close(true)])
    await queue.close()
    connection.disconnect()
  }
})
