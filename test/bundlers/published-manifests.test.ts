import { existsSync, readFileSync } from 'node:fs'
import { build as build8, type InlineConfig } from 'vite'
import { build as build6 } from 'vite-6'
import { build as build7 } from 'vite-7'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Compiler } from 'webpack'
import { messageOf } from '../../src/shared/errors.ts'
import { listenToConsole } from './console.ts'
import { esbuild } from './hosts/esbuild.ts'
import { buildWith, type Host } from './hosts/host.ts'
import { rolldown, rollup } from './hosts/rollup.ts'
import { rspack, webpack } from './hosts/webpack.ts'
import { filesBelow, openSandbox, sandbox, type Sandbox } from './sandbox.ts'
import { viteBuild, viteConfig } from './vite.ts'

let store: string
let filled: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  filled = await openSandbox()
  await viteBuild(filled)
  store = filled.path('.imagegen')
})
afterAll(() => filled.dispose())

// Rollup knows no other root than the working directory, which goes away with a test's project.
const home = process.cwd()
afterEach(() => process.chdir(home))

const page = (body: string): string =>
  `<!doctype html>\n<html>\n<head></head>\n<body>\n${body}\n<script type="module" src="/src/main.js"></script>\n</body>\n</html>\n`

/** Files that name a manifest as something else than a module, and where they do. */
const REFERENCES: Readonly<
  Record<string, { readonly files: Record<string, string>; readonly place: string }>
> = {
  '<img src>': {
    files: { 'index.html': page('<img src="./src/cast.image.yaml">') },
    place: 'index.html:5:11',
  },
  'an image in a style of HTML': {
    files: { 'index.html': page('<p style="background: url(./src/cast.image.yaml)">x</p>') },
    place: 'index.html:5:27',
  },
  srcset: {
    files: { 'index.html': page('<img srcset="/src/face.png 1x, /src/cast.image.yaml#kira 2x">') },
    place: 'index.html:5:32',
  },
  '<link rel=icon>': {
    files: { 'index.html': page('<link rel="icon" href="src/hero.image.yaml">') },
    place: 'index.html:5:24',
  },
  'CSS url()': {
    files: {
      'src/main.js': `import { kira } from './cast.image.yaml'\nimport './style.css'\nglobalThis.kira = kira`,
      'src/style.css': 'a { color: red }\nb { background: url(./cast.image.yaml) }\n',
    },
    place: 'src/style.css:2:21',
  },
  'CSS image-set()': {
    files: {
      'src/main.js': `import './style.css'`,
      'src/style.css':
        'b { background: image-set("./cast.image.yaml" 1x, url("./face.png") 2x) }\n',
    },
    place: 'src/style.css:1:28',
  },
  'new URL()': {
    files: {
      'src/main.js': `import './cast.image.yaml'\nglobalThis.shown = new URL('./cast.image.yaml', import.meta.url).href\n`,
    },
    place: 'src/main.js:2:29',
  },
  '?url': {
    files: { 'src/main.js': `import url from './cast.image.yaml?url'\nglobalThis.shown = url\n` },
    place: 'src/main.js:1:18',
  },
  '?raw in a glob': {
    files: {
      'src/main.js': `globalThis.shown = import.meta.glob('./*.yaml', { query: '?raw', eager: true })\n`,
    },
    place: '',
  },
  '?inline': {
    files: { 'src/main.js': `globalThis.shown = await import('./cast.image.yaml?inline')\n` },
    place: 'src/main.js:1:34',
  },
}

const VERSIONS: ReadonlyArray<[string, (config: InlineConfig) => Promise<unknown>]> = [
  ['Vite 6', build6 as never],
  ['Vite 7', build7 as never],
  ['Vite 8', build8],
]

/** What a build fails with; it leaves nothing of a prompt behind. */
async function failureOf(
  project: Sandbox,
  build: (config: InlineConfig) => Promise<unknown>,
  own: InlineConfig = {},
): Promise<string> {
  const failed = await build(viteConfig(project, own)).then(
    () => 'The build did not fail.',
    messageOf,
  )
  expectNoPrompts(project)
  return failed
}

function expectNoPrompts(project: Sandbox): void {
  const out = project.path('dist')
  if (!existsSync(out)) return
  for (const [file, bytes] of filesBelow(out)) {
    const text = bytes.toString('utf8')
    const inlined = [...text.matchAll(/base64,([\w+/=]+)/g)].map(([, body = '']) =>
      Buffer.from(body, 'base64').toString('utf8'),
    )
    expect([file, text, ...inlined].join('\n')).not.toContain('flat vector')
  }
}

test.each(VERSIONS)(
  '%s refuses to publish a manifest, however a page names it',
  async (version, build) => {
    listenToConsole()
    const project = await sandbox({ store })
    for (const [name, { files, place }] of Object.entries(REFERENCES)) {
      for (const [file, content] of Object.entries(files)) project.write(file, content)
      // As a data URL by default, as a file else.
      for (const assetsInlineLimit of version === 'Vite 8' ? [0, 1_000_000] : [1_000_000]) {
        const failed = await failureOf(project, build, { build: { assetsInlineLimit } })
        expect(failed, name).toMatch(
          /The build would publish src\/(?:cast|hero)\.image\.yaml with its prompts/,
        )
        expect(failed.match(/The build would publish/g), name).toHaveLength(1)
        expect(failed, name).toContain(place)
        expect(failed, name).toContain('Import the image in JavaScript')
        expect(failed, name).not.toContain('published-manifests.ts')
      }
      for (const file of ['index.html', 'src/main.js']) project.write(file, filled.read(file))
    }
    expect(project.asked()).toBe(0)
  },
)

test('a library, and a server that writes its assets, publish no manifest either', async () => {
  listenToConsole()
  const css = {
    'src/main.js': `import './style.css'\nexport { kira } from './cast.image.yaml'`,
    'src/style.css': 'b { background: url(./cast.image.yaml) }\n',
  }
  const lib = await sandbox({ store, files: css })
  const library = { lib: { entry: 'src/main.js', formats: ['es' as const, 'cjs' as const] } }
  expect(await failureOf(lib, build8, { build: library })).toContain('src/style.css:1:21')
  expect(
    await failureOf(lib, build6 as never, { build: { ...library, cssCodeSplit: true } }),
  ).toContain('src/style.css:1:21')

  const server = await sandbox({ store, files: css })
  const ssr = { ssr: 'src/main.js', ssrEmitAssets: true, assetsInlineLimit: 0 }
  expect(await failureOf(server, build8, { build: ssr })).toContain('src/style.css:1:21')
})

test('a manifest among the public files fails a build before anything is asked for', async () => {
  listenToConsole()
  const project = await sandbox({
    files: { 'public/art/one.image.yaml': 'prompt: One in flat vector\nalt: ""\n' },
  })
  for (const [, build] of VERSIONS) {
    expect(await failureOf(project, build)).toContain('publish public/art/one.image.yaml')
  }
  expect(project.asked()).toBe(0)
  await viteBuild(project, { build: { copyPublicDir: false } })
  expect(project.asked()).toBe(8)
})

test('what `exclude` leaves out is no manifest, and the host may publish it', async () => {
  const yaml = 'prompt: One in a flat drawing\nalt: ""\n'
  const project = await sandbox({
    store,
    files: {
      'public/one.image.yaml': yaml,
      'src/two.image.yaml': yaml,
      'src/main.js': `
        import text from './two.image.yaml?raw'
        import url from './two.image.yaml?url&no-inline'
        globalThis.shown = [text, url, new URL('./two.image.yaml', import.meta.url).href]
      `,
    },
  })
  const out = await viteBuild(project, {}, { exclude: ['**/one.*', '**/two.*'] })
  const files = [...filesBelow(out)].filter(([, bytes]) => bytes.toString('utf8') === yaml)
  expect(files.map(([file]) => file)).toEqual([
    expect.stringMatching(/^assets\/two\.image-.*\.yaml$/),
    'one.image.yaml',
  ])
})

const HOSTS: ReadonlyArray<
  readonly [
    Host,
    (content: (file: string) => Buffer) => readonly [copies: unknown, inlines: unknown],
  ]
> = [
  [rollup, ofRollup],
  [rolldown, ofRollup],
  [webpack, ofWebpack],
  [rspack, ofWebpack],
]

test.each(HOSTS)('$name refuses what other plugins would publish', async (host, plugins) => {
  listenToConsole()
  const project = await sandbox({ store })
  const read = (file: string): Buffer => readFileSync(project.path(file))
  const [copies, inlines] = plugins(read)
  for (const [plugin, way] of [
    [copies, 'as copied.txt'],
    [inlines, 'as a data URL in '],
  ] as const) {
    const failed = await buildWith(host, project, { after: [plugin] }).then(
      () => 'The build did not fail.',
      messageOf,
    )
    expect(failed).toContain(`would publish src/cast.image.yaml with its prompts, ${way}`)
    expectNoPrompts(project)
  }
})

test.each([webpack, rspack, rollup, rolldown, esbuild])(
  '$name refuses a request for the text or the URL of a manifest',
  async (host) => {
    listenToConsole()
    const project = await sandbox({
      store,
      files: { 'src/style.css': 'a { color: red; background: url(./cast.image.yaml) }' },
    })
    const requests = {
      [`export { default } from './cast.image.yaml?raw'`]: 'src/main.js:1:26',
      [`export const load = () => import('./cast.image.yaml?url')`]: 'src/main.js:1:35',
      ...(host === webpack || host === rspack
        ? {
            [`import './cast.image.yaml'\nexport default new URL('./cast.image.yaml', import.meta.url)`]:
              'src/main.js:2:25',
          }
        : {}),
      ...(host === webpack || host === esbuild
        ? { [`import './style.css'`]: 'src/style.css:1:33' }
        : {}),
    }
    for (const [code, place] of Object.entries(requests)) {
      project.write('src/main.js', code)
      const failed = await buildWith(host, project).then(() => 'The build did not fail.', messageOf)
      expect(failed, code).toContain(
        `${place}  The build would publish src/cast.image.yaml with its prompts`,
      )
      expectNoPrompts(project)
    }
  },
)

function ofRollup(read: (file: string) => Buffer): readonly [unknown, unknown] {
  const inlined = (): string =>
    `data:text/yaml;base64,${read('src/cast.image.yaml').toString('base64')}`
  return [
    {
      name: 'copies',
      generateBundle(this: { emitFile(file: object): void }) {
        this.emitFile({
          type: 'asset',
          fileName: 'copied.txt',
          source: read('src/cast.image.yaml'),
        })
      },
    },
    {
      name: 'inlines',
      renderChunk: (code: string) => `${code}\nglobalThis.inlined = "${inlined()}"`,
    },
  ]
}

function ofWebpack(read: (file: string) => Buffer): readonly [unknown, unknown] {
  const emitting = (name: string, source: () => string | Buffer) => ({
    apply(compiler: Compiler) {
      compiler.hooks.thisCompilation.tap(name, (compilation) => {
        compilation.hooks.processAssets.tap({ name, stage: 1000 }, () => {
          compilation.emitAsset(name, new compiler.webpack.sources.RawSource(source()))
        })
      })
    },
  })
  const inlined = (): string =>
    `a { background: url("data:text/yaml,${encodeURIComponent(read('src/cast.image.yaml').toString('utf8'))}") }`
  return [emitting('copied.txt', () => read('src/cast.image.yaml')), emitting('style.css', inlined)]
}
