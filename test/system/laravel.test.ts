import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, onTestFinished } from 'vitest'
import { launchChromium } from './chromium.ts'
import { CAST, countLoads } from './counted-loads.ts'
import { installProject, type InstalledProject } from './installed-project.ts'

const PATIENCE = 600_000

const FILES = {
  'package.json': JSON.stringify({ private: true, type: 'module' }),
  'vite.config.js': `
    import laravel from 'laravel-vite-plugin'
    import imagegen from 'unplugin-imagegen/vite'
    export default {
      plugins: [laravel({ input: ['resources/js/app.js'], refresh: true }), imagegen()],
      server: { cors: true },
    }
  `,
  // Its plugin writes its own address there.
  'public/robots.txt': '',
  'resources/js/cast.image.yaml': CAST,
  'resources/js/app.js': `
    import cast from './cast.image.yaml'
    document.querySelector('main').innerHTML = Object.values(cast)
      .map(({ src, alt }) => \`<img src="\${src}" alt="\${alt}">\`)
      .join('')
  `,
}

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

/** The page of a server that is not Vite's, with what Laravel's `@vite` writes into it. */
async function startBackend(project: InstalledProject): Promise<string> {
  const server = createServer((_, response) => {
    const vite = project.read('public/hot').trim()
    response.setHeader('content-type', 'text/html')
    response.end(
      `<!doctype html><title>Laravel</title><link rel="icon" href="data:,"><main></main>
      <script type="module" src="${vite}/@vite/client"></script>
      <script type="module" src="${vite}/resources/js/app.js"></script>`,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.each([
  { vite: '^6.0.0', laravel: '^1.3.0' },
  { vite: '^7.0.0', laravel: '^2.0.0' },
  { vite: '^8.0.0', laravel: '^3.0.0' },
])(
  'a page of Laravel with Vite $vite loads twice at most for an edit of three images',
  async ({ vite, laravel }) => {
    const project = await installProject({
      files: FILES,
      dependencies: { vite, 'laravel-vite-plugin': laravel },
    })
    onTestFinished(() => project.remove())
    const url = await startBackend(project)
    const seen = await countLoads({
      browser,
      project,
      serve: async (environment) => {
        // Its plugin refuses to serve where a variable says that it is CI.
        const live = { ...environment, LARAVEL_BYPASS_ENV_CHECK: '1' }
        return { ...(await project.serveAt('vite', [], live)), url }
      },
      page: '/',
      manifest: 'resources/js/cast.image.yaml',
    })
    expect(seen.loads).toBeLessThanOrEqual(2)
    expect(seen.asked).toBe(6)
  },
  PATIENCE,
)
