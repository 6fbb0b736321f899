import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import webpack, { type Compiler, type Configuration } from 'webpack'
import imagegen from '../../src/webpack.ts'
import { listenToConsole } from '../bundlers/console.ts'
import { optionsFor, sandbox, type Sandbox } from '../bundlers/sandbox.ts'
import { webpackConfig } from '../bundlers/webpack.ts'
import { launchChromium } from './chromium.ts'
import { CAST, countLoads } from './counted-loads.ts'
import { freePort } from './free-port.ts'
import { installed, type InstalledPackages } from './installed.ts'

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

const PAGE = '<!doctype html><body><main></main><script src="/main.js"></script></body>'

/** Serves a sandbox with its page. */
async function serve(
  project: Sandbox,
  own: Configuration,
  settings: object,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const DevServer = packages.load('webpack-dev-server') as DevServer
  const port = await freePort()
  const compiler = webpack(webpackConfig(project, { mode: 'development', ...own }))
  if (compiler === null) throw new Error('webpack has made no compiler')
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
  return { url: `http://127.0.0.1:${port}`, stop: () => server.stop() }
}

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
