import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolveOptions, type ResolveContext, type ResolvedOptions } from '../../src/options.ts'
import { temporaryProject, type FileTree } from '../temporary-project.ts'

async function resolve(
  files: FileTree = {},
  context: Partial<ResolveContext> & { folder?: string } = {},
): Promise<ResolvedOptions> {
  const { file, root } = await temporaryProject(files)
  if (context.folder !== undefined) mkdirSync(file(context.folder), { recursive: true })
  return resolveOptions({
    inline: {},
    mode: 'production',
    isBuild: true,
    environment: {},
    ...context,
    start: context.folder === undefined ? root : file(context.folder),
  })
}

describe('defaults', () => {
  test('are all filled in', async () => {
    const options = await resolve()
    expect(options).toMatchObject({
      include: ['**/*.image.{yaml,yml}'],
      exclude: ['**/node_modules/**', '**/dist/**', '**/.*/**'],
      allow: [options.root],
      mode: 'generate',
      budget: { images: 20, usd: undefined },
      budgetIsChosen: false,
      dev: { generate: 'auto' },
      storeDir: path.join(options.root, '.imagegen'),
      cacheDir: path.join(options.root, 'node_modules/.cache/unplugin-imagegen'),
      provenance: true,
    })
    expect([...options.models.keys()]).toEqual(['image-01', 'image-01-live'])
  })
})

describe('the root', () => {
  test('is the folder of the nearest config, even above a nearer package.json', async () => {
    const options = await resolve(
      { 'imagegen.config.json': '{"vars":{"look":"flat"}}', 'packages/site/package.json': '{}' },
      { folder: 'packages/site/src' },
    )
    expect(path.basename(options.configFile ?? '')).toBe('imagegen.config.json')
    expect(options.vars.get('look')).toBe('flat')
    expect(options.root).toBe(path.dirname(options.configFile ?? ''))
  })

  test('is otherwise the folder of the nearest package.json, and files may be anywhere in the workspace', async () => {
    const options = await resolve(
      { 'package.json': '{"workspaces":["packages/*"]}', 'packages/site/package.json': '{}' },
      { folder: 'packages/site/src' },
    )
    expect(options.root.endsWith(path.join('packages', 'site'))).toBe(true)
    expect(options.allow).toEqual([path.resolve(options.root, '../..')])
  })
})

describe('imagegen.config', () => {
  test.each([
    ['ts', 'const images: number = 5\nexport default { budget: { images } }'],
    ['js', 'export default { budget: { images: 5 } }'],
    ['mjs', 'export default { budget: { images: 5 } }'],
    ['json', '{ "budget": { "images": 5 } }'],
  ])('.%s is read; inline options win', async (extension, text) => {
    const files = { [`imagegen.config.${extension}`]: text }
    expect((await resolve(files)).budget.images).toBe(5)
    const inline = { budget: { images: 7 } }
    expect((await resolve(files, { inline })).budget.images).toBe(7)
  })

  test.each(['ts', 'js', 'mjs', 'json'])('an edit of .%s takes effect', async (extension) => {
    const { root, write } = await temporaryProject()
    const name = `imagegen.config.${extension}`
    const read = async (images: number): Promise<number> => {
      const text = JSON.stringify({ budget: { images } })
      write({ [name]: extension === 'json' ? text : `export default ${text}` })
      const options = await resolveOptions({
        start: root,
        inline: {},
        mode: 'production',
        isBuild: true,
        environment: {},
      })
      return options.budget.images
    }
    expect([await read(5), await read(6)]).toEqual([5, 6])
  })

  test.each([
    ['imagegen.config.ts', 'export default {', /cannot be loaded/],
    ['imagegen.config.json', '{', /cannot be loaded/],
    ['imagegen.config.js', 'export default 42', /expected Object, got 42/],
    ['imagegen.config.js', 'export default { budgte: {} }', /unknown option `budgte`[^]*`budget`/],
    ['imagegen.config.js', 'export default { budget: { image: 3 } }', /budget\.image/],
    ['imagegen.config.js', 'export default { mode: "fast" }', /`mode`: expected/],
    ['imagegen.config.js', 'export default { models: { a: 3 } }', /`?a`?/],
  ])('%s with %s is an error', async (name, text, message) => {
    await expect(resolve({ [name]: text })).rejects.toMatchObject({ code: 'config' })
    await expect(resolve({ [name]: text })).rejects.toThrow(message)
  })
})

describe('the mode', () => {
  const cases: ReadonlyArray<
    [string, Partial<ResolveContext>, Pick<ResolvedOptions, 'mode' | 'modeSource'>]
  > = [
    ['a build', {}, { mode: 'generate', modeSource: 'default' }],
    ['a build in CI', { environment: { CI: 'true' } }, { mode: 'frozen', modeSource: 'ci' }],
    ['CI=0', { environment: { CI: '0' } }, { mode: 'generate', modeSource: 'default' }],
    ['CI=false', { environment: { CI: 'false' } }, { mode: 'generate', modeSource: 'default' }],
    ['CI empty', { environment: { CI: '' } }, { mode: 'generate', modeSource: 'default' }],
    [
      'dev in CI',
      { environment: { CI: '1' }, isBuild: false },
      { mode: 'generate', modeSource: 'default' },
    ],
    ['Vitest', { environment: { VITEST: 'true' } }, { mode: 'placeholder', modeSource: 'test' }],
    ['Vite’s mode test', { mode: 'test' }, { mode: 'placeholder', modeSource: 'test' }],
    [
      'the option',
      { inline: { mode: 'frozen' }, environment: { VITEST: 'true' } },
      { mode: 'frozen', modeSource: 'option' },
    ],
    [
      'the environment',
      { inline: { mode: 'frozen' }, environment: { IMAGEGEN_MODE: 'generate', CI: 'true' } },
      { mode: 'generate', modeSource: 'environment' },
    ],
  ]
  test.each(cases)('%s', async (_, context, expected) => {
    expect(await resolve({}, context)).toMatchObject(expected)
  })

  test('is an error where the environment names an unknown one', async () => {
    await expect(resolve({}, { environment: { IMAGEGEN_MODE: 'fast' } })).rejects.toThrow(
      /IMAGEGEN_MODE is `fast`/,
    )
  })
})

describe('the environment', () => {
  test('reads .env files in order; the real environment wins and is not written', async () => {
    const files = {
      '.env': 'MINIMAX_API_KEY=one\nIMAGEGEN_MODE=frozen\nOTHER=x',
      '.env.local': 'MINIMAX_API_KEY=two',
      '.env.production': 'MINIMAX_API_KEY=three',
      '.env.production.local': 'MINIMAX_API_KEY="four"',
    }
    const environment: NodeJS.ProcessEnv = {}
    const options = await resolve(files, { environment })
    expect(options.secrets).toEqual(['four'])
    expect(options.mode).toBe('frozen')
    expect(environment).toEqual({})
    expect((await resolve(files, { mode: 'development' })).secrets).toEqual(['two'])
    const real = { MINIMAX_API_KEY: 'real' }
    expect((await resolve(files, { environment: real })).secrets).toEqual(['real'])
  })

  test("gives the user's model without a key the environment's key", async () => {
    const options = await resolve(
      {
        'imagegen.config.js': `
          import { minimax } from ${JSON.stringify(path.resolve('src/model/minimax/minimax.ts'))}
          export default { models: { fast: minimax('image-01', { rpm: 60 }) } }`,
      },
      { environment: { MINIMAX_API_KEY: 'real-api-key' } },
    )
    expect(options.models.get('fast')).toMatchObject({
      requestsPerMinute: 60,
      model: { credentials: 'given' },
    })
    expect((await resolve()).models.get('image-01')?.model.credentials).toBe('missing')
  })
})

test('an option that is undefined replaces neither the config file nor the default', async () => {
  const options = await resolve(
    { 'imagegen.config.json': '{ "budget": { "images": 3 } }' },
    {
      inline: {
        budget: undefined,
        queue: { connection: 'redis://localhost:6379', patience: undefined },
      },
    },
  )
  expect(options.budget.images).toBe(3)
  expect(options.queue).toMatchObject({ name: 'imagegen', patience: 60_000 })
})

test('the fingerprint changes only with options that decide keys', async () => {
  const { root, write } = await temporaryProject()
  const of = async (inline: object): Promise<string> => {
    const { fingerprint } = await resolveOptions({
      start: root,
      inline,
      mode: 'production',
      isBuild: true,
      environment: {},
    })
    return JSON.stringify(fingerprint)
  }
  const plain = await of({})
  for (const same of [{ budget: { images: 1 } }, { mode: 'frozen' }, { provenance: false }]) {
    expect(await of(same)).toBe(plain)
  }
  for (const other of [
    { vars: { look: 'x' } },
    { defaults: { seed: 1 } },
    { include: 'src/**' },
    { exclude: [] },
    { store: { dir: 'art' } },
  ]) {
    expect(await of(other)).not.toBe(plain)
  }
  write({ 'imagegen.config.json': '{}' })
  expect(await of({})).toBe(plain)
  const elsewhere = await resolve({ 'imagegen.config.json': '{}' })
  expect(JSON.stringify(elsewhere.fingerprint)).toBe(plain)
  const chosen = await resolve({}, { inline: { budget: { usd: 5 } } })
  expect(chosen).toMatchObject({ budget: { images: 20, usd: 5 }, budgetIsChosen: false })
})
