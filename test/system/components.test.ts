import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { build, createServer, preview, type InlineConfig } from 'vite'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openSandbox } from '../bundlers/sandbox.ts'
import { viteConfig } from '../bundlers/vite.ts'
import { sveltePlugin } from '../components/svelte-plugin.ts'
import { launchChromium } from './chromium.ts'
import { AT_NIGHT, expectWellShown, lookAt, MEDIA, SIZES } from './well-shown.ts'

const root = path.join(import.meta.dirname, '../..')

const MANIFEST = `
defaults:
  aspectRatio: 4:3
  output: { formats: [avif, jpeg], widths: [480, 960], placeholder: blur }
images:
  kira: { prompt: Kira on a hill, alt: Kira on a hill }
  directed: { prompt: Kira by day, alt: By day and night, output: { ${MEDIA} } }
  badge: { prompt: A badge, alt: A badge, output: { formats: [avif, webp], widths: [256], placeholder: color } }
${AT_NIGHT}`

/** A page in each framework: a picture with everything, one with media of its own, and one of a single width. */
const PAGES: Readonly<Record<string, string>> = {
  html: `import { picture } from 'unplugin-imagegen/html'
const html = [
  picture(kira, { sizes, priority: true, class: 'wide' }),
  picture(directed, { sizes }),
  picture(badge),
]
app.innerHTML = html.join('') + text
`,
  react: `import { createElement as h } from 'react'
import { createRoot } from 'react-dom/client'
import { Picture } from 'unplugin-imagegen/react'
createRoot(app).render(h('div', null,
  h(Picture, { image: kira, sizes, priority: true, className: 'wide' }),
  h(Picture, { image: directed, sizes }),
  h(Picture, { image: badge }),
  h('p', null, 'Text below the pictures'),
))
`,
  vue: `import { createApp, h } from 'vue'
import { Picture } from 'unplugin-imagegen/vue'
createApp({ render: () => [
  h(Picture, { image: kira, sizes, priority: true, class: 'wide' }),
  h(Picture, { image: directed, sizes }),
  h(Picture, { image: badge }),
  h('p', 'Text below the pictures'),
] }).mount(app)
`,
  svelte: `import { mount } from 'svelte'
import Page from './page.svelte'
mount(Page, { target: app, props: { kira, directed, badge, sizes } })
`,
}

const SVELTE = `<script>
  import { Picture } from 'unplugin-imagegen/svelte'
  const { kira, directed, badge, sizes } = $props()
</script>

<Picture image={kira} {sizes} priority class="wide" />
<Picture image={directed} {sizes} />
<Picture image={badge} />
<p>Text below the pictures</p>
`

const COMMON = `import { badge, directed, kira } from './cast.image.yaml'
const app = document.getElementById('app')
const text = '<p>Text below the pictures</p>'
const sizes = '${SIZES}'
`

const page = (script: string): string => `<!doctype html>
<html lang="en">
<head><link rel="icon" href="data:,"><style>img { display: block; max-width: 100%; height: auto }</style></head>
<body><div id="app"></div><script type="module" src="./${script}"></script></body>
</html>
`

const FRAMEWORKS = ['react', 'react-dom', 'preact', 'vue', 'svelte', 'unplugin-imagegen']

let browser: Browser
let project: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  browser = await launchChromium()
  const pages = Object.entries(PAGES).flatMap(([name, code]) => [
    [`${name}.html`, page(`${name}.js`)],
    [`${name}.js`, `${COMMON}${code}`],
  ])
  project = await openSandbox({
    files: { ...Object.fromEntries(pages), 'cast.image.yaml': MANIFEST, 'page.svelte': SVELTE },
  })
  mkdirSync(project.path('node_modules'))
  for (const name of FRAMEWORKS) {
    const target = name === 'unplugin-imagegen' ? root : path.join(root, 'node_modules', name)
    symlinkSync(target, project.path('node_modules', name))
  }
})

afterAll(async () => {
  await browser?.close()
  await project?.dispose()
})

/** What Vue's own plugin sets. */
const VUE_FLAGS = {
  __VUE_OPTIONS_API__: 'false',
  __VUE_PROD_DEVTOOLS__: 'false',
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
}

/** `react` means React, or Preact as its presets have it. */
function configOf(
  framework: 'react' | 'preact',
  environment: 'production' | 'development',
): InlineConfig {
  const preact = {
    'react-dom/client': 'preact/compat/client',
    react: 'preact/compat',
  }
  return viteConfig(project, {
    plugins: [sveltePlugin()],
    // That of the tests is `test`.
    define: { ...VUE_FLAGS, 'process.env.NODE_ENV': JSON.stringify(environment) },
    // What only `.svelte` files import, which are not scanned: found later, it would reload the page.
    optimizeDeps: { include: ['svelte/internal/client', 'svelte/internal/disclose-version'] },
    cacheDir: `node_modules/.vite-${framework}`,
    resolve: { alias: framework === 'preact' ? preact : {} },
    server: { host: '127.0.0.1', port: 0, fs: { allow: [root, project.root] } },
    preview: { host: '127.0.0.1', port: 0 },
    build: {
      outDir: `dist-${framework}`,
      rolldownOptions: { input: Object.keys(PAGES).map((name) => project.path(`${name}.html`)) },
    },
  })
}

/** The pages of a build or of a dev server of each framework. */
const SHOWN = [
  ['react', 'html'],
  ['react', 'react'],
  ['react', 'vue'],
  ['react', 'svelte'],
  ['preact', 'react'],
] as const

async function urlOf(kind: 'built' | 'dev', framework: 'react' | 'preact'): Promise<string> {
  const config = configOf(framework, kind === 'dev' ? 'development' : 'production')
  if (kind === 'dev') {
    const server = await createServer(config)
    onTestFinished(() => server.close())
    await server.listen()
    return server.resolvedUrls!.local[0]!
  }
  await build(config)
  const server = await preview(config)
  onTestFinished(() => server.close())
  return server.resolvedUrls!.local[0]!
}

/** What the pages have in common in a window of a desktop. */
const DESKTOP = { width: 1280, density: 1 }

describe.each(['built', 'dev'] as const)('a %s page', (kind) => {
  it.each(['react', 'preact'] as const)(
    'shows the files that suit the window and never moves, with %s',
    async (framework) => {
      const url = await urlOf(kind, framework)
      for (const [of, name] of SHOWN) {
        if (of !== framework) continue
        const at = `${url}${name}.html`
        const looks = await expectWellShown(browser, at, [
          { alt: 'Kira on a hill' },
          { alt: 'By day and night', hasMedia: true },
        ])
        for (const files of looks) {
          expect(files[2]).toMatchObject({ alt: 'A badge', width: 256, height: 192 })
        }
      }
    },
  )
})

describe('what the pages above would show if it were not so', () => {
  it('is a shift, without the width and the height', async () => {
    const { url } = await serveHtml(
      'bare',
      'picture(kira, { sizes }).replaceAll(/ (?:width|height)="\\d+"/g, \'\')',
    )
    const { shifts } = await lookAt(browser, url, DESKTOP)
    expect(shifts).toBeGreaterThan(0)
  })

  it('is a warning of the dev server, without sizes', async () => {
    const { url } = await serveHtml('no-sizes', 'picture(kira) + picture(kira) + picture(badge)')
    const { complaints } = await lookAt(browser, url, DESKTOP)
    expect(complaints).toEqual([expect.stringContaining('is shown without `sizes`')])
  })
})

it('shows the placeholder behind a picture that has not arrived', async () => {
  const { url } = await serveHtml('behind', 'picture(kira, { sizes }) + picture(badge)')
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  await page.route('**', (route) =>
    route.request().resourceType() === 'image' ? undefined : route.continue(),
  )
  await page.goto(url, { waitUntil: 'domcontentloaded' })
  await page.waitForFunction('document.images.length === 2')
  const backgrounds = await page.evaluate<string[][]>(`[...document.images].map((image) => {
    const { backgroundImage, backgroundColor } = getComputedStyle(image)
    return [backgroundImage, backgroundColor]
  })`)
  const [blur, colour] = backgrounds
  expect(blur?.[0]).toMatch(/^url\("data:image\/webp/)
  expect(colour?.[0]).toBe('none')
  expect(colour?.[1]).toMatch(/^rgb\(\d+, \d+, \d+\)$/)
})

/** A page of a dev server, with the HTML that an expression gives. */
async function serveHtml(name: string, expression: string): Promise<{ readonly url: string }> {
  project.write(`${name}.html`, page(`${name}.js`))
  project.write(
    `${name}.js`,
    `import { picture } from 'unplugin-imagegen/html'\n${COMMON}app.innerHTML = ${expression} + text\n`,
  )
  return { url: `${await urlOf('dev', 'react')}${name}.html` }
}
