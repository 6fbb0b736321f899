import { rmSync } from 'node:fs'
import path from 'node:path'
import { createBuilder } from 'vite'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import imagegen from '../../src/vite.ts'
import { expectNoLeaks } from './expect-pictures.ts'
import type { GeneratedImage } from './generated-image.ts'
import { builtIn, settingsFor } from './hosts/host.ts'
import { vite6, vite7, vite8 } from './hosts/vite.ts'
import {
  filesBelow,
  hashesBelow,
  look,
  openSandbox,
  picturesBelow,
  png,
  sandbox,
} from './sandbox.ts'
import { viteBuild, viteConfig, viteValues } from './vite.ts'

let store: string
let filled: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  filled = await openSandbox()
  await viteBuild(filled)
  store = filled.path('.imagegen')
})
afterAll(() => filled.dispose())

test('requests each missing key once, and nothing for unchanged images', async () => {
  const project = await sandbox()
  const out = await viteBuild(project)
  expect(project.asked()).toBe(7)
  const first = hashesBelow(out)

  await viteBuild(project)
  expect(project.asked()).toBe(0)
  expect(hashesBelow(out)).toEqual(first)

  project.edit('src/cast.image.yaml', 'widths: [64, 128]', 'widths: [48], quality: 50')
  project.edit('src/cast.image.yaml', 'Kira smiling at the camera', 'Kira laughing')
  await viteBuild(project)
  expect(project.asked()).toBe(0)
  expect(hashesBelow(out)).not.toEqual(first)

  project.edit('src/cast.image.yaml', '  kira-at-night:', '  nightfall:')
  project.edit('src/main.js', 'kiraAtNight }', 'nightfall as kiraAtNight }')
  await viteBuild(project)
  expect(project.asked()).toBe(0)

  const manifest = project.read('src/cast.image.yaml').replace('./face.png', '../face.png')
  project.write('src/people/cast.image.yaml', manifest)
  rmSync(project.path('src/cast.image.yaml'))
  project.edit('src/main.js', './cast.image.yaml', './people/cast.image.yaml')
  await viteBuild(project)
  expect(project.asked()).toBe(0)

  project.write('src/face.png', await png('#468'))
  await viteBuild(project)
  expect(project.asked()).toBe(1)
  expect(JSON.stringify(project.emulator.requests().at(-1))).toContain('as a sailor')
})

test('a changed prompt asks for its image and for those that refer to it', async () => {
  const project = await sandbox({ store })
  project.edit('src/cast.image.yaml', 'a young cartographer', 'an old cartographer')
  await viteBuild(project)
  const prompts = project.emulator.requests().map(({ body }) => (body as { prompt: string }).prompt)
  expect(prompts.map((prompt) => prompt.slice(0, 16))).toEqual([
    'Portrait of Kira',
    'Kira reads a map',
  ])
})

test('the same checkout and store give the same bytes, wherever they lie', async () => {
  const [one, other] = [
    await sandbox({ store }),
    await sandbox({ store, folder: 'somewhere/else' }),
  ]
  const hashes = hashesBelow(await viteBuild(one))
  expect(hashesBelow(await viteBuild(other))).toEqual(hashes)

  const build = { sourcemap: true, minify: false }
  const withMaps = hashesBelow(await viteBuild(one, { build }))
  rmSync(one.path('node_modules'), { recursive: true })
  expect(hashesBelow(await viteBuild(one, { build }))).toEqual(withMaps)
  expect(one.asked() + other.asked()).toBe(0)
})

test('the value of an import', async () => {
  const project = await sandbox({
    store,
    files: {
      'src/main.js': `
        import cast, { kira, kiraAtNight, class as c, constructor as crane } from './cast.image.yaml'
        import * as all from './cast.image.yaml'
        import hero from './hero.image.yaml'
        export { cast, kira, kiraAtNight, c, crane, hero }
        export const names = Object.keys(all).sort()
      `,
    },
  })
  const values = await viteValues(project, { base: '/' })
  const kira = values['kira'] as GeneratedImage
  const url = (name: string, ending: string): unknown =>
    expect.stringMatching(new RegExp(`^/assets/${name}-[\\w-]+\\.${ending}$`))
  const srcset = (name: string, ending: string, widths: number[]): unknown => {
    const entry = (width: number): string => `/assets/${name}-[\\w-]+\\.${ending} ${width}w`
    return expect.stringMatching(new RegExp(`^${widths.map(entry).join(', ')}$`))
  }
  expect(kira).toEqual({
    src: url('kira', 'jpg'),
    width: 128,
    height: 128,
    format: 'jpeg',
    srcset: srcset('kira', 'jpg', [64, 128]),
    sources: { webp: srcset('kira', 'webp', [64, 128]) },
    img: { src: kira.src, w: 128, h: 128 },
    alt: 'Kira smiling at the camera',
  })
  expect(kira.srcset.split(', ')[1]).toBe(`${kira.src} 128w`)

  const hero = values['hero'] as GeneratedImage
  expect(hero).toEqual({
    src: url('hero', 'png'),
    width: 192,
    height: 128,
    format: 'png',
    srcset: srcset('hero', 'png', [96, 192]),
    sources: { avif: srcset('hero', 'avif', [96, 192]), webp: srcset('hero', 'webp', [96, 192]) },
    img: { src: hero.src, w: 192, h: 128 },
    alt: 'A valley at dawn',
  })
  expect(Object.keys(hero.sources)).toEqual(['avif', 'webp'])

  const cast = values['cast'] as Record<string, GeneratedImage>
  expect(Object.keys(cast)).toEqual([
    'kira',
    'kira-at-night',
    '01-tile',
    'class',
    'constructor',
    'from-photo',
  ])
  expect(Object.hasOwn(cast, 'constructor')).toBe(true)
  expect(cast['kira']).toBe(kira)
  expect(cast['kira-at-night']).toBe(values['kiraAtNight'])
  expect(cast['class']).toBe(values['c'])
  expect(cast['constructor']).toBe(values['crane'])
  expect(cast['01-tile']?.alt).toBe('')
  expect(values['names']).toEqual([
    'class',
    'constructor',
    'default',
    'fromPhoto',
    'kira',
    'kiraAtNight',
  ])
})

test('every URL is a file of the size that the value says', async () => {
  const project = await sandbox({ store })
  const { pictures } = (await viteValues(project)) as {
    pictures: Record<string, GeneratedImage>
  }
  const out = await viteBuild(project)
  for (const { src, width, height, format, srcset, sources } of Object.values(pictures)) {
    expect(await look(path.join(out, src))).toEqual({ format, width, height })
    for (const [name, text] of Object.entries({ ...sources, [format]: srcset })) {
      for (const entry of text.split(', ')) {
        const [url = '', descriptor = ''] = entry.split(' ')
        const facts = await look(path.join(out, url))
        expect([facts.format, `${facts.width}w`]).toEqual([name, descriptor])
      }
    }
  }
})

test.each([
  ['/sub/', '/sub/assets/'],
  ['https://cdn.example/x/', 'https://cdn.example/x/assets/'],
])('base %s', async (base, start) => {
  const project = await sandbox({ store })
  const { pictures } = (await viteValues(project, { base })) as {
    pictures: Record<string, GeneratedImage>
  }
  for (const { src, srcset, sources, img } of Object.values(pictures)) {
    for (const text of [src, srcset, img.src, ...Object.values(sources)]) {
      expect(text.split(', ').every((url) => url.startsWith(start))).toBe(true)
    }
  }
})

test('a relative base, and URLs that a function builds', async () => {
  const project = await sandbox({ store })
  const out = await viteBuild(project, { base: './' })
  const code = textsOf(out)
  for (const picture of picturesBelow(out)) {
    expect(code).toMatch(new RegExp(`new URL\\([^)]*${path.posix.basename(picture)}`))
  }
  const toCdn = await viteBuild(project, {
    experimental: { renderBuiltUrl: (file) => `https://cdn.example/${file.length}` },
  })
  expect(picturesBelow(toCdn).map((file) => path.posix.basename(file).split('-')[0])).toEqual([
    ...Array.from({ length: 6 }, () => 'hero'),
    ...Array.from({ length: 8 }, () => 'kira'),
  ])
})

test('URLs that are known at run time only', async () => {
  const project = await sandbox({ store })
  const cdn = { runtimeCdn: 'https://cdn.example/"quoted"/' }
  Object.assign(globalThis, cdn)
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'runtimeCdn'))
  const renderBuiltUrl = (file: string): { runtime: string } => ({
    runtime: `globalThis.runtimeCdn + ${JSON.stringify(file)}`,
  })
  for (const minify of [true, false]) {
    const own = { experimental: { renderBuiltUrl }, build: { minify } }
    const { pictures } = (await viteValues(project, own)) as {
      pictures: Record<string, GeneratedImage>
    }
    for (const { src, srcset, sources } of Object.values(pictures)) {
      for (const text of [src, srcset, ...Object.values(sources)]) {
        for (const url of text.split(', ')) {
          expect(url).toMatch(/^https:\/\/cdn\.example\/"quoted"\/assets\/[\w-]+\.\w+(?: \d+w)?$/)
        }
      }
    }
  }
})

test.each([vite6, vite7, vite8])(
  'a watcher of $name that loads no picture again keeps all of them',
  async (host) => {
    const project = await sandbox({ store })
    const settings = settingsFor()
    const watching = await host.watch(project, settings)
    onTestFinished(() => watching.close())
    expect(await watching.next()).toBeUndefined()
    const built = builtIn(project, settings)
    const before = picturesBelow(built.out)

    rmSync(built.out, { recursive: true })
    project.edit('src/main.js', 'export', 'export const edited = true; export')
    expect(await watching.next()).toBeUndefined()
    expect(await built.values()).toHaveProperty('edited')
    expect(picturesBelow(built.out)).toEqual(before)
    expect(before).toHaveLength(14)
  },
)

test('pictures never become strings, in applications and in libraries', async () => {
  const project = await sandbox({ store })
  for (const lib of [undefined, { entry: 'src/main.js', formats: ['es' as const], name: 'Lib' }]) {
    const out = await viteBuild(project, {
      build: { assetsInlineLimit: 10_000_000, ...(lib === undefined ? {} : { lib }) },
    })
    expect(textsOf(out)).not.toContain('data:image')
    expect(picturesBelow(out)).toHaveLength(14)
  }
})

test('client and server name the same files', async () => {
  const project = await sandbox({ store })
  const onServer = (await viteValues(project)) as { pictures: Record<string, GeneratedImage> }
  const out = await viteBuild(project, {
    build: { lib: { entry: 'src/main.js', formats: ['es'] }, emptyOutDir: false },
  })
  const client = textsOf(await viteBuild(project))
  for (const { src } of Object.values(onServer.pictures)) expect(client).toContain(src)
  expect(picturesBelow(project.path('dist-server'))).toEqual([])
  expect(out).toBe(project.path('dist'))
})

test('one build with several environments asks once', async () => {
  const project = await sandbox()
  const builder = await createBuilder(
    viteConfig(project, {
      builder: {},
      environments: {
        client: { build: { outDir: 'dist/client' } },
        ssr: { build: { ssr: 'src/main.js', outDir: 'dist/server' } },
      },
    }),
  )
  await builder.buildApp()
  expect(project.asked()).toBe(7)
  const client = textsOf(project.path('dist/client'))
  const urls = textsOf(project.path('dist/server')).match(/\/assets\/[\w.-]+/g) ?? []
  expect(new Set(urls).size).toBe(14)
  for (const url of urls) expect(client).toContain(url)
})

test('the output holds only the one image that is used of a manifest of ten', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `picture${index}`)
  const project = await sandbox({
    files: {
      'src/ten.image.yaml': [
        'defaults: { size: 512x512, output: { widths: [16] } }',
        'images:',
        ...names.map((name) => `  ${name}: { prompt: "${name} in ink", alt: "" }`),
      ].join('\n'),
      'src/pictures.js': `export * from './ten.image.yaml'`,
      'src/main.js': `
        import { picture7 } from './pictures.js'
        document.title = picture7.src
      `,
    },
  })
  for (const minify of [true, false]) {
    const out = await viteBuild(project, { build: { manifest: true, minify } })
    expect(picturesBelow(out)).toEqual([expect.stringMatching(/picture7/)])
    expect(textsOf(out)).not.toMatch(/picture[^7s]/)
  }

  project.write('src/main.js', `import * as pictures from './pictures.js'`)
  expect(picturesBelow(await viteBuild(project))).toEqual([])
})

test('an image that one of two plugins does not use is emitted if the other uses it', async () => {
  // Of other widths: bundlers take files with equal bytes for one.
  const image = (name: string, width: number): string =>
    `  ${name}: { source: ./face.png, alt: "", output: { widths: [${width}] } }`
  const project = await sandbox({
    files: {
      'src/a.image.yaml': ['images:', image('shared', 16), image('other', 17)].join('\n'),
      'src/b.image.yaml': [
        'images:',
        image('shared', 16),
        image('mine', 18),
        image('unused', 19),
      ].join('\n'),
      'src/main.js': `
        import { other } from './a.image.yaml'
        import { shared, mine } from './b.image.yaml'
        globalThis.shown = [other, shared, mine]
      `,
    },
  })
  const second = imagegen({ ...project.options, include: 'src/b.image.yaml' })
  const out = await viteBuild(project, { plugins: [second] }, { include: 'src/a.image.yaml' })
  const names = picturesBelow(out).map((file) => path.posix.basename(file).split('-')[0])
  expect(names).toEqual(['mine', 'other', 'shared'])
})

test('a picture that only the server shows is among the files of the client', async () => {
  const project = await sandbox({
    store,
    files: {
      'src/main.js': `
        import { kira } from './cast.image.yaml'
        export const picture = import.meta.env.SSR ? kira : undefined
        globalThis.picture = picture
      `,
    },
  })
  const { picture } = (await viteValues(project)) as { picture: GeneratedImage }
  const out = await viteBuild(project)
  expect(textsOf(out)).not.toContain(picture.src)
  expect(picturesBelow(out).map((file) => `/${file}`)).toContain(picture.src)
  expect(picturesBelow(out)).toHaveLength(4)
})

test('leaves ?raw and ?url to Vite', async () => {
  const project = await sandbox({
    store,
    files: {
      'src/main.js': `
        export { default as text } from './cast.image.yaml?raw'
        export { default as url } from './cast.image.yaml?url'
      `,
    },
  })
  const { text, url } = await viteValues(project, { build: { assetsInlineLimit: 0 } })
  expect(text).toBe(project.read('src/cast.image.yaml'))
  expect(url).toMatch(/^\/assets\/cast\.image-[\w-]+\.yaml$/)
})

test('a YAML plugin in the same project leaves manifests alone, and we leave its files alone', async () => {
  const project = await sandbox({
    store,
    files: {
      'src/data.yaml': 'greeting: hello',
      'src/main.js': `
        import data from './data.yaml'
        import { kira } from './cast.image.yaml'
        export { data, kira }
      `,
    },
  })
  const yaml = {
    name: 'yaml',
    transform: (_: string, id: string) =>
      /\.ya?ml$/.test(id) ? { code: 'export default "yaml"', map: null, moduleType: 'js' } : null,
  }
  const { data, kira } = await viteValues(project, { plugins: [yaml] })
  expect(data).toBe('yaml')
  expect(kira).toMatchObject({ alt: 'Kira smiling at the camera' })
})

test('nothing of prompt, key, seed, receipt or machine is in a built file', async () => {
  const project = await sandbox({ store })
  const out = await viteBuild(project, { build: { sourcemap: true, manifest: true } })
  await viteBuild(project, {
    build: { ssr: 'src/main.js', outDir: 'dist/server', sourcemap: true },
  })
  expectNoLeaks(out, project)
})

function textsOf(folder: string): string {
  return [...filesBelow(folder)]
    .filter(([file]) => /\.(?:m?js|html|json|map|css)$/.test(file))
    .map(([, bytes]) => bytes.toString('utf8'))
    .join('\n')
}
