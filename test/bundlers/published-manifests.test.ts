import { readFileSync } from 'node:fs'
import { build as build8 } from 'vite'
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
import { filesBelow, openSandbox, sandbox } from './sandbox.ts'
import { expectNoPrompts, expectRefusals, failureOf, type Build } from './published-manifests.ts'
import { viteBuild } from './vite.ts'

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

const VERSIONS: ReadonlyArray<readonly [string, Build]> = [
  ['Vite 6', build6 as never],
  ['Vite 7', build7 as never],
  ['Vite 8', build8],
]

test('Vite refuses to publish a manifest, however a page names it', () =>
  // As a file, and as a data URL.
  expectRefusals(build8, [0, 1_000_000]))

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

test('the host may publish a file that `exclude` leaves out', async () => {
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
      ...(host === esbuild ? { [`import './style.css'`]: 'src/style.css:1:33' } : {}),
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
