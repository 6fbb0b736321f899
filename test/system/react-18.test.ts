import type { Browser } from 'playwright-core'
import sharp from 'sharp'
import { preview, build, type InlineConfig } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { GeneratedImage } from '../../src/emit/generated-image.ts'
import { launchChromium } from './chromium.ts'
import { installProject, type InstalledProject } from './installed-project.ts'

/** The picture is a `data:` URL, so that nothing but the component is needed. */
async function colouredImage(): Promise<GeneratedImage> {
  const background = '#884422'
  const create = { width: 8, height: 4, channels: 3, background } as const
  const png = await sharp({ create }).png().toBuffer()
  const src = `data:image/png;base64,${png.toString('base64')}`
  return {
    src,
    width: 8,
    height: 4,
    format: 'png',
    srcset: `${src} 4w, ${src} 8w`,
    sources: { webp: '/never-shown.webp 4w, /never-shown.webp 8w' },
    img: { src, w: 8, h: 4 },
    alt: 'Brown',
    color: background,
    media: [
      {
        media: 'screen',
        width: 8,
        height: 4,
        format: 'png',
        src,
        srcset: `${src} 4w, ${src} 8w`,
        sources: {},
      },
    ],
  }
}

/** Everything that React may complain about. */
const page = (image: GeneratedImage): string => `import { createElement as h } from 'react'
import { Picture } from 'unplugin-imagegen/react'

const image = ${JSON.stringify(image)}
export const Page = ({ seen }) => h('main', null,
  h(Picture, { image, sizes: '8px', priority: true, className: 'first', ref: seen }),
  h(Picture, { image, sizes: '8px', fetchPriority: 'low', style: { width: '50%' } }),
  h(Picture, { image, sizes: '8px', fetchpriority: 'low', style: null }),
)
`

const SERVER = `import { createElement as h } from 'react'
import { renderToString } from 'react-dom/server'
import { Page } from './page.js'
console.log(renderToString(h(Page)))
`

const CLIENT = `import { StrictMode, createElement as h } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { Page } from './page.js'
const seen = (element) => { if (element) window.seen = element.className }
hydrateRoot(document.getElementById('app'), h(StrictMode, null, h(Page, { seen })))
`

let project: InstalledProject
let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
  project = await installProject({
    dependencies: { react: '^18.3.1', 'react-dom': '^18.3.1' },
    files: {
      'package.json': JSON.stringify({ private: true, type: 'module' }),
      'page.js': page(await colouredImage()),
      'server.js': SERVER,
      'client.js': CLIENT,
    },
  })
})

afterAll(async () => {
  await browser?.close()
  await project?.remove()
})

it('React 18 renders pictures on a server and in the browser, and complains about nothing', async () => {
  const { code, output } = await project.run('node', ['server.js'])
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^<main>.*\n$/) })
  expect(output.match(/fetchpriority="\w+"/gi)).toEqual([
    'fetchpriority="high"',
    'fetchpriority="low"',
    'fetchpriority="low"',
  ])

  const script = '<script type="module" src="/client.js"></script>'
  project.write(
    'index.html',
    `<!doctype html><link rel="icon" href="data:,"><div id="app">${output.trim()}</div>${script}`,
  )
  const config: InlineConfig = {
    configFile: false,
    root: project.folder,
    logLevel: 'silent',
    // React says more in development.
    define: { 'process.env.NODE_ENV': '"development"' },
    preview: { host: '127.0.0.1', port: 0 },
  }
  await build(config)
  const server = await preview(config)
  const tab = await browser.newPage()
  const complaints: string[] = []
  tab.on('console', (message) => complaints.push(message.text()))
  tab.on('pageerror', (error) => complaints.push(error.message))
  try {
    await tab.goto(server.resolvedUrls!.local[0]!)
    await tab.waitForFunction('window.seen')
    expect(await tab.evaluate('window.seen')).toBe('first')
    const shown = await tab.evaluate(
      'Promise.all([...document.images].map(async (one) => [await one.decode(), one.currentSrc][1]))',
    )
    expect(shown).toEqual(Array(3).fill((await colouredImage()).src))
    expect(complaints.filter((text) => !text.includes('React DevTools'))).toEqual([])
  } finally {
    await tab.close()
    await server.close()
  }
})
