import { rspack } from '@rspack/core'
import HtmlWebpackPlugin from 'html-webpack-plugin'
import MiniCssExtractPlugin from 'mini-css-extract-plugin'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { messageOf } from '../../src/shared/errors.ts'
import { listenToConsole } from './console.ts'
import { builtIn, buildWith, type Host, settingsFor } from './hosts/host.ts'
import { rspack as rspackHost, webpack } from './hosts/webpack.ts'
import { expectNoSecrets, hero, HERO_SET, kira, KIRA_SET, MARKUP, shownIn } from './markup.ts'
import { expectNoPrompts } from './published-manifests.ts'
import {
  filesBelow,
  look,
  openSandbox,
  picturesBelow,
  sandbox,
  type PictureFacts,
  type Sandbox,
} from './sandbox.ts'

// The sandbox is elsewhere and has no node_modules.
const require = createRequire(import.meta.url)

let store: string
let filled: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  filled = await openSandbox()
  await buildWith(webpack, filled)
  store = filled.path('.imagegen')
})
afterAll(() => filled.dispose())

const PAGE = `<!doctype html>
<html>
<head>
<link rel="icon" type="image/webp" href='./src/cast.image.yaml&#35;kira'>
<meta property="og:image" content="./src/cast.image.yaml#kira">
</head>
<body>
<!-- <img src="./src/nothing.image.yaml#nobody"> -->
<img id="src" src="./src/cast.image.yaml#kira" alt="">
<img id="widths" srcset="./src/cast.image.yaml#kira 64w, /src/cast.image.yaml#kira-at-night 128w" src="/src/hero.image.yaml">
<picture><source type="image/avif" srcset="./src/hero.image.yaml"><img src="./src/hero.image.yaml"></picture>
<video poster="./src/cast.image.yaml#kira"></video>
<a href="./src/cast.image.yaml#kira">a link is no file</a>
</body>
</html>
`

const { 'src/style.css': STYLE = '', 'src/module.module.css': MODULE = '' } = MARKUP
const SOURCES = {
  'page.html': PAGE,
  'src/style.css': STYLE,
  'src/module.module.css': MODULE,
  'src/main.js': MARKUP['src/main.js'] ?? '',
}

const SHOWN = {
  'index.html': [
    kira('webp'),
    kira('jpeg'),
    kira('jpeg'),
    kira('jpeg', 64),
    kira('jpeg'),
    hero('png'),
    hero('avif', 96),
    hero('avif'),
    hero('png'),
    kira('jpeg'),
  ],
  css: [...KIRA_SET, kira('jpeg'), kira('jpeg'), ...KIRA_SET, ...HERO_SET, ...KIRA_SET],
}

/** What a configuration adds to read style sheets, in four ways. */
const STYLES: Readonly<Record<string, (host: Host) => readonly unknown[]>> = {
  'css-loader and files': ({ name }) => {
    const [loader, plugin] =
      name === 'Rspack 2'
        ? [rspack.CssExtractRspackPlugin.loader, new rspack.CssExtractRspackPlugin({})]
        : [MiniCssExtractPlugin.loader, new MiniCssExtractPlugin()]
    return [plugin, withRules(styleRule([loader, require.resolve('css-loader')]))]
  },
  'css-loader and style-loader': () => [
    withRules(styleRule([require.resolve('style-loader'), require.resolve('css-loader')])),
  ],
  'the host itself': () => [
    {
      apply(compiler: { options: { experiments: Record<string, unknown> } }) {
        compiler.options.experiments['css'] = true
      },
    },
    withRules({ test: /\.css$/, type: 'css/auto' }),
  ],
}

function styleRule(use: readonly string[]): object {
  return { test: /\.css$/, use, type: 'javascript/auto' }
}

/** A plugin that adds rules, as a configuration does. */
function withRules(...rules: readonly object[]): unknown {
  return {
    apply(compiler: { options: { module: { rules: unknown[] } } }) {
      compiler.options.module.rules.push(...rules)
    },
  }
}

const readsHtml = withRules({ test: /\.html$/, use: require.resolve('html-loader') })

const HOSTS = [webpack, rspackHost]
const EACH = HOSTS.flatMap((host) =>
  Object.entries(STYLES).map(([how, plugins]) => ({ host, how, plugins: plugins(host) })),
)

test.each(EACH)(
  '$host.name with $how builds style sheets, pages and code that name images',
  async ({ host, how, plugins }) => {
    const said = listenToConsole()
    const project = await sandbox({ store, files: SOURCES })
    await buildWith(host, project, {
      base: '/sub/',
      before: [...plugins, readsHtml],
      after: [new HtmlWebpackPlugin({ template: 'page.html', minify: false })],
    })
    const out = project.path('dist')
    const shown = await shownIn(out, '/sub/')
    expect(shown['index.html']).toEqual(SHOWN['index.html'])
    // Style sheets that code adds have their URLs in modules of their own, each once.
    const isInCode = how.endsWith('style-loader')
    const inCode = await inCodeOf(out)
    if (isInCode) expect(inCode).toHaveLength(6)
    else {
      expect(shown['css']).toEqual(SHOWN.css)
      expect(inCode).toEqual([kira('jpeg')])
    }
    const page = readFileSync(`${out}/index.html`, 'utf8')
    expect(page).toContain('<a href="./src/cast.image.yaml#kira">')
    expectNoSecrets(out, project)
    expect(picturesBelow(out)).toHaveLength(8)
    expect(said).toEqual([])
    expect(project.asked()).toBe(0)
  },
)

/** The pictures that the code of an output names, behind the public path. */
async function inCodeOf(out: string): Promise<PictureFacts[]> {
  const code = readFileSync(`${out}/main.mjs`, 'utf8')
  const names = new Set(code.match(/\b[\da-f]{16,20}\.(?:avif|webp|jpg|png)\b/g))
  return Promise.all([...names].map((name) => look(readFileSync(`${out}/${name}`))))
}

test('webpack reads style sheets that nothing is said about, and they name images', async () => {
  const said = listenToConsole()
  const project = await sandbox({ store, files: SOURCES })
  const { out } = await buildWith(webpack, project, { cache: {} })
  const first = await shownIn(out, '/')
  expect(first['css']).toEqual(SHOWN.css)
  expect(await inCodeOf(out)).toEqual([kira('jpeg')])
  // From webpack's cache on the disk.
  await buildWith(webpack, project, { cache: {} })
  expect(await shownIn(out, '/')).toEqual(first)
  expect(said).toEqual([])
})

test.each(HOSTS)('$name gives `new URL` the file of an image', async (host) => {
  listenToConsole()
  const project = await sandbox({ store })
  for (const [url, facts] of [
    ['./cast.image.yaml#kira', kira('jpeg')],
    ['./cast.image.yaml?x#01-tile', { format: 'jpeg', width: 128, height: 128 }],
    ['./hero.image.yaml', hero('png')],
    ['./art/../cast.image.yaml#%6bira', kira('jpeg')],
  ] as const) {
    for (const base of ['/', 'relative', 'https://cdn.example/x/'] as const) {
      project.write('src/main.js', `export const url = new URL('${url}', import.meta.url).href`)
      const built = await buildWith(host, project, { target: 'server', base })
      const { url: made } = await built.values()
      const file =
        base === '/' ? built.fileOf(new URL(made as string).pathname) : built.fileOf(made as string)
      expect(await look(readFileSync(file)), url).toEqual(facts)
      expect(picturesBelow(built.out), url).toHaveLength(1)
      expectNoSecrets(built.out, project)
    }
  }
})

/** Files that name a manifest and no image of it, and what is said of each. */
const MISTAKES: ReadonlyArray<
  readonly [files: Record<string, string>, place: string, says: RegExp]
> = [
  [
    { 'src/style.css': 'a { color: red }\nb { background: url(./cast.image.yaml) }\n' },
    'src/style.css:2:21',
    /several images/,
  ],
  [
    { 'src/style.css': 'b { background: url(./cast.image.yaml#kria) }\n' },
    'src/style.css:1:21',
    /`#kria` is not an image[^]*Did you mean `#kira`/,
  ],
  [
    { 'src/style.css': 'b { background: url(./kast.image.yaml#kira) }\n' },
    'src/style.css:1:21',
    /no manifest `\.\/kast\.image\.yaml`[^]*src\/cast\.image\.yaml/,
  ],
  [
    { 'src/main.js': `\nexport const url = new URL('./cast.image.yaml', import.meta.url)` },
    'src/main.js:2:29',
    /several images/,
  ],
  [
    { 'src/main.js': `export const url = new URL('./cast.image.yaml#kria', import.meta.url)` },
    'src/main.js:1:29',
    /`#kria` is not an image[^]*Did you mean `#kira`/,
  ],
  [
    { 'src/main.js': `export const url = new URL('./hero.image.yaml#hero', import.meta.url)` },
    'src/main.js:1:29',
    /Leave out `#hero`/,
  ],
  // The plugin of the page breaks lines anywhere.
  [{ 'page.html': '<p>\n<img src="./src/cast.image.yaml">\n' }, 'page.html:2:11', /ImagegenError/],
  [
    { 'page.html': '<style>p { background: url(./src/cast.image.yaml#kira) }</style>\n' },
    'page.html:1:28',
    /index\.html names[^]*write those in a style sheet/,
  ],
]

test.each(HOSTS)('$name says what is wrong with a URL, and where', async (host) => {
  listenToConsole()
  const files = {
    'page.html': '<p>text</p>',
    'src/style.css': '',
    'src/main.js': `import './style.css'`,
  }
  const project = await sandbox({ store, files })
  const plugins = STYLES['css-loader and style-loader']!(host)
  for (const [own, place, says] of MISTAKES) {
    for (const [file, content] of Object.entries({ ...files, ...own })) project.write(file, content)
    const failed = await failureOf(host, project, [...plugins, readsHtml])
    expect(failed).toMatch(says)
    // The plugin of the page repeats the errors of its own compiler.
    if (!place.startsWith('page')) expect(failed.match(/ {2}→ /g), failed).toHaveLength(1)
    expect(failed).toContain(place)
    expect(failed).not.toMatch(/name-image\.ts|webpack-markup\.ts/)
  }
  expect(project.asked()).toBe(0)
})

test.each(HOSTS)(
  '$name refuses what a loader has compiled before the plugin could see it',
  async (host) => {
    listenToConsole()
    const project = await sandbox({
      store,
      files: {
        'src/main.js': `import './style.css'`,
        'src/style.css': '@import "./part.css";\nb { background: url(./cast.image.yaml#kira) }\n',
        'src/part.css': 'a { color: red }\na { background: url(./cast.image.yaml#kira) }\n',
        'page.html': '<p>\n<img src="./src/cast.image.yaml#kira">\n',
      },
    })
    const [plugins = []] = Object.values(STYLES).map((each) => each(host))
    const part = await failureOf(host, project, plugins)
    expect(part).toContain('src/part.css:2:21')
    expect(part).toContain('--picture: url(./cast.image.yaml#name)')
    project.write('src/part.css', '')
    // No loader reads the page.
    const page = await failureOf(host, project, plugins)
    expect(page).toMatch(/page\.html:2:11 {2}index\.html names[^]*html-loader/)
  },
)

async function failureOf(
  host: Host,
  project: Sandbox,
  before: readonly unknown[],
): Promise<string> {
  const after = [new HtmlWebpackPlugin({ template: 'page.html', minify: false })]
  const failed = await buildWith(host, project, { before, after }).then(
    () => 'The build did not fail.',
    messageOf,
  )
  expectNoPrompts(project)
  return failed
}

test.each(HOSTS)('$name publishes a manifest that `exclude` leaves out', async (host) => {
  const yaml = 'prompt: One in a flat drawing\nalt: ""\n'
  const project = await sandbox({
    store,
    files: {
      'src/two.image.yaml': yaml,
      'src/main.js': `export const url = new URL('./two.image.yaml', import.meta.url).href`,
    },
  })
  const { out } = await buildWith(host, project, { options: { exclude: ['**/two.*'] } })
  expect([...filesBelow(out).values()].map(String)).toContain(yaml)
})

test.each(HOSTS)(
  '$name: of two plugins, the one that includes an image gives its file',
  async (host) => {
    listenToConsole()
    const project = await sandbox({ store })
    project.write(
      'src/main.js',
      `globalThis.urls = [
  new URL('./cast.image.yaml#kira', import.meta.url).href,
  new URL('./hero.image.yaml', import.meta.url).href,
]`,
    )
    const other = host.plugin({ ...project.options, include: ['src/hero.image.yaml'] })
    for (const around of [{ before: [other] }, { after: [other] }]) {
      const { out } = await buildWith(host, project, {
        ...around,
        options: { exclude: ['src/hero.image.yaml'] },
      })
      expect(await inCodeOf(out)).toEqual(expect.arrayContaining([kira('jpeg'), hero('png')]))
      expectNoPrompts(project)
    }
  },
)

test('webpack, which reads a page by itself, says what to write for the images that it names', async () => {
  listenToConsole()
  const project = await sandbox({
    store,
    files: {
      'src/index.html': '<p>\n<img src="./cast.image.yaml#kira">\n',
      'src/style.css': 'b { background: url(./cast.image.yaml#kira) }',
    },
  })
  const failed = await buildWith(webpack, project, { entry: 'src/index.html' }).then(
    () => 'The build did not fail.',
    messageOf,
  )
  expect(failed).toMatch(/src\/index\.html:2:11 [^]*html-loader/)
  expectNoPrompts(project)
})

const KEPT = {
  'src/fox.image.yaml':
    'prompt: A fox\nalt: ""\nsize: 512x512\noutput: { formats: [jpeg], widths: [32] }\n',
  'src/style.css': 'a { background: url(./fox.image.yaml) }',
  'src/main.js': `import './style.css'\nglobalThis.url = new URL('./fox.image.yaml', import.meta.url).href`,
}

/** The widths of what the style sheet and the code name. */
async function widthsIn(out: string): Promise<readonly number[]> {
  const { css = [] } = await shownIn(out, '/')
  return [...css, ...(await inCodeOf(out))].map(({ width }) => width)
}

test.each(HOSTS)('$name sees in a later process that an image has changed', async (host) => {
  listenToConsole()
  const project = await sandbox({ store, files: KEPT })
  const [plugins = []] = Object.values(STYLES).map((each) => each(host))
  const settings = { before: plugins, cache: {} }
  const widths = async (): Promise<readonly number[]> => {
    const { out } = await buildWith(host, project, settings)
    return widthsIn(out)
  }
  expect(await widths()).toEqual([32, 32])
  project.edit('src/fox.image.yaml', '[32]', '[48]')
  expect(await widths()).toEqual([48, 48])
  expect(project.asked()).toBe(1)
})

test.each(HOSTS)('$name watches what style sheets and code name', async (host) => {
  listenToConsole()
  const project = await sandbox({ store, files: KEPT })
  const [plugins = []] = Object.values(STYLES).map((each) => each(host))
  const settings = settingsFor({ before: plugins })
  const watching = await host.watch(project, settings)
  onTestFinished(() => watching.close())
  const { out } = builtIn(project, settings)
  const until = async (holds: (failed: string, widths: readonly number[]) => boolean) => {
    for (;;) {
      const failed = (await watching.next())?.message ?? ''
      if (holds(failed, failed === '' ? await widthsIn(out) : [])) return
    }
  }
  await until(() => project.asked() === 1)
  project.edit('src/fox.image.yaml', '[32]', '[48]')
  await until((_, widths) => widths.join() === '48,48')
  project.edit('src/fox.image.yaml', 'alt:', 'atl:')
  await until((failed) => failed.includes('src/fox.image.yaml:2:1'))
  project.edit('src/fox.image.yaml', 'atl:', 'alt:')
  await until((_, widths) => widths.join() === '48,48')
  project.edit('src/style.css', 'fox.image', 'late.image')
  await until((failed) => failed.includes('no manifest'))
  project.write('src/late.image.yaml', project.read('src/fox.image.yaml').replace('48', '64'))
  await until((_, widths) => widths.join() === '64,48')
})
