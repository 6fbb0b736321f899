import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectNoLeaks } from './expect-pictures.ts'
import type { GeneratedImage } from './generated-image.ts'
import {
  filesBelow,
  hashesBelow,
  look,
  openSandbox,
  picturesBelow,
  png,
  sandbox,
  type Sandbox,
} from './sandbox.ts'
import { persistentCache, webpackBuild, webpackConfig, webpackValues } from './webpack.ts'
import webpack from 'webpack'

let store: string
let filled: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  filled = await openSandbox()
  await webpackBuild(filled)
  store = filled.path('.imagegen')
})
afterAll(() => filled.dispose())

type Cast = Record<string, GeneratedImage>

test('requests each missing key once, and nothing for unchanged images', async () => {
  const project = await sandbox()
  await webpackBuild(project)
  expect(project.asked()).toBe(7)

  const out = await webpackBuild(project)
  const first = hashesBelow(out)
  await webpackBuild(project, persistentCache(project.root))
  expect(project.asked()).toBe(0)
  expect(hashesBelow(out)).toEqual(first)

  project.edit('src/cast.image.yaml', 'widths: [64, 128]', 'widths: [48], quality: 50')
  project.edit('src/cast.image.yaml', 'Kira smiling at the camera', 'Kira laughing')
  await webpackBuild(project)
  expect(project.asked()).toBe(0)

  project.write('src/face.png', await png('#468'))
  await webpackBuild(project)
  expect(project.asked()).toBe(1)
})

test('the same checkout and store give the same bytes, wherever they lie', async () => {
  const [one, other] = [await sandbox({ store }), await sandbox({ store, folder: 'some/where' })]
  const hashes = hashesBelow(await webpackBuild(one))
  expect(hashesBelow(await webpackBuild(other))).toEqual(hashes)

  // The names in webpack's source maps hang on the folder.
  const own = { devtool: 'source-map' as const }
  const withMaps = hashesBelow(await webpackBuild(one, own))
  rmSync(one.path('node_modules'), { recursive: true })
  expect(hashesBelow(await webpackBuild(one, own))).toEqual(withMaps)
})

test('named exports, the record of all, and require from CommonJS', async () => {
  const project = await sandbox({
    store,
    files: {
      'src/package.json': '{}',
      'src/main.js': `
        const all = require('./cast.image.yaml')
        const { kira } = all
        exports.all = all
        exports.kira = kira
        exports.hero = require('./hero.image.yaml').default
        exports.fromModule = require('./module.mjs')
      `,
      'src/module.mjs': `
        import cast, { kiraAtNight, class as c, constructor as crane } from './cast.image.yaml'
        export { cast, kiraAtNight, c, crane }
      `,
    },
  })
  const { all, kira, hero, fromModule } = (await webpackValues(project)) as {
    all: Cast & { default: Cast }
    kira: GeneratedImage
    hero: GeneratedImage
    fromModule: {
      cast: Cast
      kiraAtNight: GeneratedImage
      c: GeneratedImage
      crane: GeneratedImage
    }
  }
  expect(kira).toEqual({
    src: expect.stringMatching(/^\/[0-9a-f]+\.jpg$/),
    width: 128,
    height: 128,
    format: 'jpeg',
    srcset: expect.stringMatching(/^\/[0-9a-f]+\.jpg 64w, \/[0-9a-f]+\.jpg 128w$/),
    sources: { webp: expect.stringMatching(/^\/[0-9a-f]+\.webp 64w, \/[0-9a-f]+\.webp 128w$/) },
    img: { src: kira.src, w: 128, h: 128 },
    alt: 'Kira smiling at the camera',
  })
  expect([hero.format, hero.width, hero.height]).toEqual(['png', 192, 128])
  expect(all.default['kira']).toBe(kira)
  expect(all.default['01-tile']?.alt).toBe('')
  expect(fromModule.cast).toBe(all.default)
  expect(fromModule.kiraAtNight).toBe(all.default['kira-at-night'])
  expect(fromModule.c).toBe(all.default['class'])
  expect(fromModule.crane).toBe(all.default['constructor'])
  for (const picture of [kira, hero]) {
    const { width, height, format } = picture
    const facts = await look(project.path('dist-server', picture.src))
    expect(facts).toEqual({ width, height, format })
  }
})

test("publicPath 'auto', and names of the user's choice", async () => {
  const project = await sandbox({ store })
  const out = await webpackBuild(project, {
    output: { publicPath: 'auto', assetModuleFilename: 'img/[name][ext]' },
  })
  const code = textsOf(out)
  const pictures = picturesBelow(out)
  expect(pictures).toHaveLength(14)
  for (const picture of pictures) {
    expect(picture).toMatch(/^img\/(?:kira|kira-at-night|hero)-[0-9a-f]{16}\.\w+$/)
    expect(code).toContain(`"${picture}"`)
  }
})

test("rules of the user's for pictures and a YAML loader for other files do not collide", async () => {
  const project = await sandbox({
    store,
    files: {
      'src/data.yaml': 'greeting: hello',
      'yaml-loader.cjs': 'module.exports = () => `module.exports = "yaml"`',
      'src/main.js': `
        import data from './data.yaml'
        import face from './face.png'
        import text from './cast.image.yaml?raw'
        import { kira } from './cast.image.yaml'
        export { data, face, text, kira }
      `,
    },
  })
  const { data, face, text, kira } = (await webpackValues(project, {
    module: {
      rules: [
        { test: /\.ya?ml$/, exclude: /\.image\.ya?ml$/, use: project.path('yaml-loader.cjs') },
        { test: /\.(?:png|jpe?g|webp)$/, type: 'asset/inline' },
        { resourceQuery: /raw/, type: 'asset/source' },
      ],
    },
  })) as { data: string; face: string; text: string; kira: GeneratedImage }
  expect(data).toBe('yaml')
  expect(face).toMatch(/^data:image\/png/)
  expect(text).toBe(project.read('src/cast.image.yaml'))
  expect(kira.src).toMatch(/^\/[0-9a-f]+\.jpg$/)
})

test('nothing of prompt, key, seed, receipt or machine is in what is built for development', async () => {
  const project = await sandbox({ store })
  for (const devtool of ['eval', 'source-map'] as const) {
    expectNoLeaks(await webpackBuild(project, { mode: 'development', devtool }), project)
  }
})

/** Builds with a cache on the disk: every picture that the code names is there, and no other. */
async function warmBuild(project: Sandbox): Promise<string[]> {
  const out = await webpackBuild(project, persistentCache(project.root))
  const named = [...textsOf(out).matchAll(/"([0-9a-f]{20}\.(?:avif|webp|png|jpg))"/g)]
  const pictures = picturesBelow(out)
  expect(new Set(named.map(([, file]) => file))).toEqual(new Set(pictures))
  return pictures
}

test('a warm cache keeps every file, also after our own was deleted', async () => {
  const project = await sandbox({ store })
  const first = await warmBuild(project)
  expect(first).toHaveLength(14)
  expect(await warmBuild(project)).toEqual(first)

  rmSync(project.path('node_modules/.cache'), { recursive: true })
  expect(await warmBuild(project)).toEqual(first)
  expect(existsSync(project.path('node_modules/.cache/unplugin-imagegen'))).toBe(true)
  expect(project.asked()).toBe(0)
})

test('a warm cache shows no stale picture', async () => {
  const project = await sandbox({
    store,
    files: {
      'src/main.js': `
        import { kira, fromPhoto } from './cast.image.yaml'
        globalThis.shown = [kira, fromPhoto]
      `,
    },
  })
  const seen = [await warmBuild(project)]
  const changed = async (requests: number): Promise<void> => {
    const pictures = await warmBuild(project)
    expect(project.asked()).toBe(requests)
    for (const earlier of seen) expect(pictures).not.toEqual(earlier)
    seen.push(pictures)
    expect(await warmBuild(project)).toEqual(pictures)
  }

  project.edit('src/cast.image.yaml', 'widths: [64, 128]', 'widths: [40]')
  await changed(0)
  project.write('src/face.png', await png('#468'))
  await changed(1)
  project.edit('src/cast.image.yaml', 'seed: 730174', 'seed: 730174\n    n: 2')
  project.edit('src/main.js', 'kira, fromPhoto]', 'kira.alt, kira, fromPhoto]')
  await webpackBuild(project, persistentCache(project.root))
  expect(project.asked()).toBe(1)
  project.edit('src/cast.image.yaml', 'n: 2', 'n: 2\n    pick: 2')
  // The image that refers to it is made from the other picture.
  await changed(1)
  project.edit('src/cast.image.yaml', 'a young cartographer', 'an old cartographer')
  await changed(2)

  project.edit('src/cast.image.yaml', 'Kira smiling at the camera', 'Kira laughing')
  await warmBuild(project)
  expect(textsOf(project.path('dist'))).toContain('Kira laughing')
  expect(textsOf(project.path('dist'))).not.toContain('Kira smiling')

  project.write('imagegen.config.mjs', 'export default { provenance: false }')
  await changed(0)
})

test('two compilers of one build ask once', async () => {
  const project = await sandbox()
  const compiler = webpack([
    { name: 'client', ...webpackConfig(project) },
    {
      name: 'server',
      ...webpackConfig(project, { target: 'node', output: { path: project.path('dist-server') } }),
    },
  ])
  if (compiler === null) throw new Error('webpack has made no compiler')
  await new Promise<void>((resolve, reject) => {
    compiler.run((error) => compiler.close(() => (error ? reject(error) : resolve())))
  })
  expect(project.asked()).toBe(7)
  expect(picturesBelow(project.path('dist'))).toEqual(picturesBelow(project.path('dist-server')))
})

test('a damaged stamp and a damaged rendition are made again', async () => {
  const project = await sandbox({ store })
  const first = await warmBuild(project)
  const cache = project.path('node_modules/.cache/unplugin-imagegen')
  const hashes = hashesBelow(project.path('dist'))
  for (const [file] of filesBelow(cache)) {
    if (!file.endsWith('options.json')) writeFileSync(path.join(cache, file), 'damaged')
  }
  expect(await warmBuild(project)).toEqual(first)
  expect(hashesBelow(project.path('dist'))).toEqual(hashes)
  expect(readFileSync(path.join(cache, 'manifests.jsonl'), 'utf8')).not.toBe('damaged')
})

function textsOf(folder: string): string {
  return [...filesBelow(folder)]
    .filter(([file]) => /\.(?:[cm]?js|map)$/.test(file))
    .map(([, bytes]) => bytes.toString('utf8'))
    .join('\n')
}
