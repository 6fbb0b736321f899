import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { preview } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import webpack, { type Compiler, type Configuration } from 'webpack'
import imagegen from '../../src/webpack.ts'
import { listenToConsole } from '../bundlers/console.ts'
import { optionsFor, sandbox, type Sandbox } from '../bundlers/sandbox.ts'
import { webpackBuild, webpackConfig } from '../bundlers/webpack.ts'
import { launchChromium } from './chromium.ts'
import { CAST, countLoads } from './counted-loads.ts'
import { freePort } from './free-port.ts'
import { installed, type InstalledPackages } from './installed.ts'
import { altsOf, openCounted } from './seen-renames.ts'
import { AT_NIGHT, expectWellShown, MEDIA, SIZES } from './well-shown.ts'

/** What is used of webpack-dev-server. */
type DevServer = new (
  options: object,
  compiler: Compiler,
) => { start(): Promise<void>; stop(): Promise<void> }

let browser: Browser
let packages: InstalledPackages

beforeAll(async () => {
  packages = installed({ 'webpack-dev-server': '^5.2.2', webpack: webpack.version })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  packages?.remove()
})

const PAGE =
  '<!doctype html><link rel="icon" href="data:,"><body><main></main><script src="/main.js"></script></body>'

/** Serves a sandbox with its page. */
async function serve(
  project: Sandbox,
  own: Configuration,
  settings: object,
): Promise<{ readonly url: string; readonly built: () => number; stop(): Promise<void> }> {
  const DevServer = packages.load('webpack-dev-server') as DevServer
  const port = await freePort()
  const compiler = webpack(webpackConfig(project, { mode: 'development', ...own }))
  if (compiler === null) throw new Error('webpack has made no compiler')
  let builds = 0
  compiler.hooks.done.tap('count', () => void (builds += 1))
  const server = new DevServer(
    {
      host: '127.0.0.1',
      port,
      devMiddleware: { stats: 'none' },
      static: project.path('page'),
      ...settings,
    },
    compiler,
  )
  await server.start()
  return { url: `http://127.0.0.1:${port}`, built: () => builds, stop: () => server.stop() }
}

test('webpack shows the files that suit the window, built and on its dev server, and the page never moves', async () => {
  listenToConsole()
  const project = await sandbox({
    files: {
      'page/index.html': PAGE,
      'src/cast.image.yaml': `defaults: { aspectRatio: "4:3", output: { formats: [avif, jpeg], widths: [480, 960] } }
images:
  kira: { prompt: Kira, alt: Kira, output: { ${MEDIA} } }
${AT_NIGHT}`,
      'src/main.js': `import { picture } from 'components'
import { kira } from './cast.image.yaml'
document.querySelector('main').innerHTML = picture(kira, { sizes: '${SIZES}' }) + '<p>Text below'
`,
    },
  })
  const look = (url: string): Promise<unknown> =>
    expectWellShown(browser, url, [{ alt: 'Kira', hasMedia: true }])
  const components = fileURLToPath(new URL('../../dist/components/html.js', import.meta.url))
  const own: Configuration = { resolve: { alias: { components } } }
  const out = await webpackBuild(project, own)
  project.write('dist/index.html', PAGE)
  const built = await preview({
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    build: { outDir: out },
    preview: { port: 0, host: '127.0.0.1' },
  })
  try {
    await look(built.resolvedUrls!.local[0]!)
  } finally {
    await built.close()
  }
  const server = await serve(project, own, {})
  try {
    await look(server.url)
  } finally {
    await server.stop()
  }
})

test('webpack-dev-server without HMR loads its page twice at most for an edit of three images', async () => {
  listenToConsole()
  const project = await sandbox({
    files: {
      'page/index.html': PAGE,
      'src/cast.image.yaml': CAST,
      'src/main.js': `import cast from './cast.image.yaml'
document.querySelector('main').innerHTML = Object.values(cast)
  .map(({ src, alt }) => \`<img src="\${src}" alt="\${alt}">\`)
  .join('')
`,
    },
  })
  const seen = await countLoads({
    browser,
    project,
    serve: ({ MINIMAX_API_HOST = '' }) =>
      serve(
        project,
        { plugins: [imagegen(optionsFor(MINIMAX_API_HOST))] },
        { hot: false, liveReload: true },
      ),
    page: '/',
    manifest: 'src/cast.image.yaml',
  })
  expect(seen.loads).toBeLessThanOrEqual(2)
  // With the one image that the page does not show.
  expect(seen.asked).toBe(7)
})

test('webpack-dev-server keeps its page while images are renamed, removed and brought back', async () => {
  listenToConsole()
  const manifest = 'src/cast.image.yaml'
  const code = 'src/view.js'
  const project = await sandbox({
    files: {
      'page/index.html': PAGE,
      [manifest]: `defaults: { size: 512x512, output: { formats: [jpeg], widths: [64] } }
images:
  kira: { prompt: Kira, alt: Kira }
  marco: { prompt: Marco, alt: Marco }
`,
      'src/main.js': "import './view.js'\n",
      [code]: `import { kira as image } from './cast.image.yaml'
document.querySelector('main').innerHTML = \`<img src="\${image?.src}" alt="\${image?.alt}">\`
import.meta.webpackHot.accept()
`,
    },
  })
  const server = await serve(
    project,
    { plugins: [imagegen(optionsFor(project.emulator.url))] },
    { hot: true },
  )
  try {
    const { page, loaded } = await openCounted(browser, server.url)
    const told: string[] = []
    page.on('console', (message) => told.push(message.text()))
    page.on('pageerror', (error) => told.push(error.message))
    const shows = async (alt: string): Promise<void> => {
      await expect.poll(() => altsOf(page), { timeout: 90_000 }).toEqual([alt])
    }
    const edit = async (file: string, from: string, to: string): Promise<void> => {
      const before = server.built()
      project.edit(file, from, to)
      await expect.poll(server.built, { timeout: 90_000 }).toBeGreaterThan(before)
    }
    let edits = 0
    const updates = async (from: string): Promise<string> => {
      const alt = `Look ${++edits}`
      await edit(manifest, `alt: ${from} `, `alt: ${alt} `)
      await shows(alt)
      return alt
    }

    await shows('Kira')
    let alt = await updates('Kira')
    // The manifest first, then the code; then the other way round.
    await edit(manifest, '  kira:', '  mira:')
    await edit(code, '{ kira as', '{ mira as')
    alt = await updates(alt)
    await edit(code, '{ mira as', '{ vera as')
    await edit(manifest, '  mira:', '  vera:')
    alt = await updates(alt)
    // One that is removed, and brought back.
    await edit(manifest, '  vera:', '  # vera:')
    await edit(manifest, '  # vera:', '  vera:')
    alt = await updates(alt)
    // One that the page does not show.
    await edit(manifest, '  marco:', '  polo:')
    await updates(alt)

    expect(loaded()).toBe(0)
    expect(told.filter((text) => text.includes('has no id assigned'))).toEqual([])
    await page.close()
  } finally {
    await server.stop()
  }
})

test('webpack-dev-server shows what CSS and `new URL` name, before and after an edit', async () => {
  listenToConsole()
  const require = createRequire(import.meta.url)
  const project = await sandbox({
    files: {
      'page/index.html': PAGE,
      'src/fox.image.yaml':
        'prompt: A fox\nalt: A fox\nsize: 512x512\noutput: { formats: [webp, jpeg], widths: [96] }\n',
      'src/style.css': 'main { width: 9px; height: 9px; background: url(./fox.image.yaml) }',
      'src/main.js': `import './style.css'
const image = new Image()
image.src = new URL('./fox.image.yaml', import.meta.url).href
image.alt = 'Fox'
document.querySelector('main').append(image)
`,
    },
  })
  const styles = {
    test: /\.css$/,
    use: [require.resolve('style-loader'), require.resolve('css-loader')],
  }
  const server = await serve(project, { module: { rules: [styles] } }, {})
  const page = await browser.newPage()
  try {
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    await page.goto(server.url)
    const widths = (): Promise<unknown> =>
      page.evaluate(`(async () => {
        const urls = getComputedStyle(document.querySelector('main')).backgroundImage
        const files = [...urls.matchAll(/url\\("([^"]+)"\\)/g)].map(([, url]) => url)
        return Promise.all([...files, document.images[0].src].map(async (src) => {
          const file = new Image()
          file.src = src
          await file.decode()
          return file.naturalWidth
        }))
      })()`)
    // The style sheet has an `image-set()` of both formats, the code the fallback.
    await expect.poll(widths).toEqual([96, 96, 96])
    await expect.poll(() => project.asked()).toBeGreaterThan(0)
    project.edit('src/fox.image.yaml', '[96]', '[64]')
    await expect.poll(widths).toEqual([64, 64, 64])
    expect(complaints).toEqual([])
  } finally {
    await page.close()
    await server.stop()
  }
})
