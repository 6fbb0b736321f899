import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { build, createServer, preview } from 'vite'
import { build as build6, createServer as createServer6 } from 'vite-6'
import { build as build7, createServer as createServer7 } from 'vite-7'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { expectNoSecrets } from '../bundlers/markup.ts'
import type { Build } from '../bundlers/published-manifests.ts'
import { filesBelow, sandbox } from '../bundlers/sandbox.ts'
import { viteDev } from '../bundlers/vite-dev.ts'
import { viteConfig } from '../bundlers/vite.ts'
import { accountAt } from './account.ts'
import { launchChromium } from './chromium.ts'
import { startGate } from './gate.ts'
import { installProject } from './installed-project.ts'
import { naturalSizes } from './natural-sizes.ts'
import { visitPage } from './open-page.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

/** The pictures that a page has loaded: `kira.avif` for each, in the order of their names. */
async function loadedBy(page: Page): Promise<readonly string[]> {
  await page.waitForLoadState('networkidle')
  const urls = await page.evaluate<string[]>(
    `performance.getEntriesByType('resource').map(({ name }) => name)`,
  )
  const names = urls.flatMap((url) => {
    const [, name, format] = /\/([\w-]+?)-[0-9a-f]{16}[^/]*\.(avif|webp|jpg|png)/.exec(url) ?? []
    return name === undefined ? [] : [`${name}.${format}`]
  })
  return [...new Set(names)].sort()
}

/** They differ in types alone, as far as this goes. */
const VERSIONS: ReadonlyArray<readonly [string, typeof createServer, Build]> = [
  ['6', createServer6 as unknown as typeof createServer, build6 as unknown as Build],
  ['7', createServer7 as unknown as typeof createServer, build7 as unknown as Build],
  ['8', createServer, build],
]

const PAGE = `<!doctype html>
<html><head>
<link rel="icon" type="image/jpeg" href="./src/cast.image.yaml#kira">
<style>#tag { background: url(./src/cast.image.yaml#kira) }</style>
</head><body>
<img alt="plain" src="./src/cast.image.yaml#kira">
<picture><source type="image/webp" srcset="./src/cast.image.yaml#kira" sizes="64px"><img alt="chosen" src="./src/cast.image.yaml#kira"></picture>
<p id="tag">a</p>
<p id="attribute" style='background: url("./src/cast.image.yaml#kira-at-night")'>b</p>
<p class="set">c</p>
<script type="module" src="/src/main.js"></script>
</body></html>
`

test.each(VERSIONS)(
  'Vite %s shows images that HTML and CSS name, built and in dev',
  async (version, create, build) => {
    const project = await sandbox({
      files: {
        'index.html': PAGE,
        'src/main.js': "import './style.css'\n",
        'src/style.css': '.set { mask-image: url(hero.image.yaml) }\n',
      },
    })
    await build(viteConfig(project, { base: './' }))
    expectNoSecrets(project.path('dist'), project)
    const served = await preview({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      preview: { port: 0 },
    })
    onTestFinished(() => served.close())
    const dev = await viteDev(project, {}, {}, create)
    for (const [name, url] of [
      ['built', served.resolvedUrls!.local[0]!],
      ['dev', dev.server.resolvedUrls!.local[0]!],
    ] as const) {
      await visitPage(browser, url, `markup-vite-${version}-${name}`, async (page) => {
        expect(
          (await naturalSizes(page)).map(({ alt, width, height }) => [alt, width, height]),
        ).toEqual([
          ['plain', 128, 128],
          ['chosen', 64, 64],
        ])
        expect(await loadedBy(page)).toEqual([
          // Of an `image-set()`, the best format that the browser knows.
          'hero.avif',
          'kira-at-night.webp',
          'kira.jpg',
          'kira.webp',
        ])
      })
    }
  },
)

const SCALE = 'output: { formats: [avif, jpeg], widths: [32] }, size: 512x512'

const INSTALLED = {
  'package.json': '{ "name": "markup", "private": true, "type": "module" }',
  'vite.config.js': `import { svelte } from '@sveltejs/vite-plugin-svelte'
import vue from '@vitejs/plugin-vue'
import imagegen from 'unplugin-imagegen/vite'
export default { plugins: [vue(), svelte(), imagegen()], resolve: { alias: { '@': '/src' } } }
`,
  'index.html': `<!doctype html>
<html><head><link rel="stylesheet" href="/src/theme.less"></head><body>
<main></main><aside></aside><p class="sass">a</p><p class="partial">b</p><p class="less">c</p>
<script type="module" src="/src/main.js"></script>
</body></html>
`,
  'src/main.js': `import { mount } from 'svelte'
import { createApp } from 'vue'
import './entry.scss'
import App from './App.vue'
import Box from './Box.svelte'
createApp(App).mount('main')
mount(Box, { target: document.querySelector('aside') })
window.marker = 1
`,
  'src/entry.scss': `// url(./pictures.image.yaml#nobody)
@use 'partial';
$picture: url('./pictures.image.yaml#sass');
:root { --partial: url(@/pictures.image.yaml#partial); }
.sass { .less &, & { background: url(./pictures.image.yaml#sass); cursor: $picture, auto } }
`,
  'src/_partial.scss': '.partial { background: var(--partial) }\n',
  'src/theme.less': `// url(./pictures.image.yaml#nobody)
.less { background-image: url("./pictures.image.yaml#less"); &:hover { cursor: url(./pictures.image.yaml#less), auto } }
`,
  'src/App.vue': `<template><p class="vue">d</p></template>
<style scoped lang="scss">
.vue { & { background: url(./pictures.image.yaml#vue) } }
</style>
`,
  'src/Box.svelte': `<p class="svelte">e</p>
<style>
  .svelte { background: url(./pictures.image.yaml#svelte) }
</style>
`,
  'src/pictures.image.yaml': `defaults: { ${SCALE} }
images:
${['sass', 'partial', 'less', 'vue', 'svelte'].map((name) => `  ${name}: { prompt: "A fox beside ${name}", alt: "" }`).join('\n')}
`,
}

// A Sass variable takes the fallback format.
const SHOWN = ['less.avif', 'partial.jpg', 'sass.avif', 'sass.jpg', 'svelte.avif', 'vue.avif']

test('Sass, Less, Vue and Svelte show images that their styles name, built and in dev', async () => {
  const emulator = await startEmulator({ rpm: 0 })
  onTestFinished(() => emulator.close())
  const project = await installProject({
    files: INSTALLED,
    dependencies: {
      vite: '^8.0.0',
      sass: '^1.90.0',
      less: '^4.4.0',
      vue: '^3.5.0',
      '@vitejs/plugin-vue': '^6.0.0',
      svelte: '^5.40.0',
      '@sveltejs/vite-plugin-svelte': '*',
    },
  })
  onTestFinished(() => project.remove())

  // Without pictures yet: placeholders first, and each style follows its picture without a reload.
  const gate = await startGate(emulator.url)
  onTestFinished(() => gate.close())
  const dev = await project.serveAt('vite', [], accountAt(gate.url))
  onTestFinished(() => dev.stop())
  await visitPage(browser, dev.url, 'markup-styles-dev', async (page) => {
    await page.evaluate('window.marker = "same page"')
    const shown = (): Promise<string[]> =>
      page.evaluate<string[]>(
        `Array.from(document.querySelectorAll('p'), (each) => getComputedStyle(each).backgroundImage)`,
      )
    const first = await shown()
    expect(first.filter((image) => !image.includes('/renditions/'))).toEqual([])
    gate.open()
    await expect
      .poll(shown)
      .toSatisfy((now: string[]) =>
        now.every((image, index) => image.includes('/renditions/') && image !== first[index]),
      )
    expect(await page.evaluate('window.marker')).toBe('same page')
    expect(await loadedBy(page)).toEqual(SHOWN)
  })

  const built = await project.run('vite', ['build', '--base=./'], accountAt(emulator.url))
  expect(built.code, built.output).toBe(0)
  expect(emulator.stats().images).toBe(5)
  const out = path.join(project.folder, 'dist')
  for (const [file, bytes] of filesBelow(out)) {
    expect(bytes.includes('A fox beside'), file).toBe(false)
    expect(bytes.includes(Buffer.from('A fox beside').toString('base64').slice(0, -2)), file).toBe(
      false,
    )
  }
  const served = await project.serveAt('vite', ['preview'])
  onTestFinished(() => served.stop())
  await visitPage(browser, served.url, 'markup-styles-built', async (page) =>
    expect(await loadedBy(page)).toEqual(SHOWN),
  )

  // A partial is compiled where no plugin sees it.
  project.write(
    'src/_partial.scss',
    '.partial {\n  background: url(./pictures.image.yaml#partial);\n}\n',
  )
  const refused = await project.run('vite', ['build'], accountAt(emulator.url))
  expect(refused.code).toBe(1)
  expect(refused.output).toContain('src/_partial.scss:2:19  The build would publish')
  expect(refused.output).toContain('var(--picture)')
})

const IN_TEMPLATES = {
  'package.json': '{ "name": "templates", "private": true, "type": "module" }',
  'vite.config.js': `import vue from '@vitejs/plugin-vue'
import imagegen from 'unplugin-imagegen/vite'
const cacheDir = process.env.CACHE
export default {
  base: process.env.BASE,
  plugins: [vue(), imagegen(cacheDir ? { cacheDir } : {})],
  resolve: { alias: { '@': '/src' } },
  build: { sourcemap: true, ssrEmitAssets: true },
}
`,
  'index.html': `<!doctype html>
<html><head><link rel="icon" href="data:,"></head><body><main></main>
<script type="module" src="/src/main.js"></script></body></html>
`,
  'src/main.js': `import { createApp } from 'vue'
import App from './App.vue'
createApp(App).mount('main')
`,
  'src/server.js': `import { createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'
import App from './App.vue'
export const render = () => renderToString(createSSRApp(App))
`,
  'src/App.vue': `<script setup>
import { ref } from 'vue'
import Part from './Part.vue'
const large = ref(1 << 3)
const text = ref('<img src="./pictures.image.yaml#nobody">')
</script>
<template>
  <!-- <img src="./pictures.image.yaml#nobody"> -->
  <p>{{ large<9 ? text : '<img src="./pictures.image.yaml#nobody">' }}</p>
  <template v-if="large > 2"><img alt="plain" src="./pictures.image.yaml#fox"></template>
  <img v-for="each of ['bound']" :key="each" :alt="each" src="@/pictures.image.yaml#fox">
  <img alt="tilde" src="~@/pictures.image.yaml#fox">
  <img alt="root" src="/src/pictures.image.yaml#owl">
  <img alt="widths" srcset="./pictures.image.yaml#fox" sizes="32px">
  <img alt="density" srcset="./pictures.image.yaml#fox 1x, ./pictures.image.yaml#owl 2x">
  <picture><source type="image/avif" srcset="./pictures.image.yaml#fox 64w" sizes="64px"><img alt="chosen" src="./pictures.image.yaml#fox"></picture>
  <video poster="./pictures.image.yaml#owl"></video>
  <svg><image xlink:href="./pictures.image.yaml#fox" width="9" height="9" /></svg>
  <Part />
</template>
`,
  'src/Part.vue': `<template src="./part.html"></template>
<style scoped>p { color: red }</style>
`,
  'src/part.html': '<p>part</p>\n<img alt="part" src="./pictures.image.yaml#owl">\n',
  'src/pictures.image.yaml': `defaults: { size: 512x512, output: { formats: [avif, jpeg], widths: [32, 64] } }
images:
  fox: { prompt: "A fox beside a lake", alt: "" }
  owl: { prompt: "An owl beside a lake", alt: "", output: { widths: [48] } }
`,
}

/** The width of each picture of the component. */
const IN_TEMPLATE = [
  ['plain', 64],
  ['bound', 64],
  ['tilde', 64],
  ['root', 48],
  ['widths', 32],
  ['density', 64],
  ['chosen', 64],
  ['part', 48],
]

test.each(['vite-6', 'vite-7', 'vite'])(
  'templates of Vue show images that they name by a URL, built and in dev, with %s',
  async (vite) => {
    const emulator = await startEmulator({ rpm: 0 })
    onTestFinished(() => emulator.close())
    const project = await installProject({
      files: IN_TEMPLATES,
      dependencies: {
        vite: '^8.0.0',
        'vite-6': 'npm:vite@^6.0.0',
        'vite-7': 'npm:vite@^7.0.0',
        vue: '^3.5.0',
        '@vitejs/plugin-vue': '^6.0.0',
      },
    })
    onTestFinished(() => project.remove())
    const program = `node_modules/${vite}/bin/vite.js`
    const shownBy = async (page: Page): Promise<unknown> =>
      (await naturalSizes(page)).map(({ alt, width }) => [alt, width])

    const gate = await startGate(emulator.url)
    onTestFinished(() => gate.close())
    const dev = await project.serveAt('node', [program], {
      ...accountAt(gate.url),
      BASE: '/sub/',
    })
    onTestFinished(() => dev.stop())
    await visitPage(browser, `${dev.url}/sub/`, `templates-${vite}-dev`, async (page) => {
      await page.evaluate('window.marker = "same page"')
      const shown = (): Promise<string[]> =>
        page.evaluate<string[]>(
          `Array.from(document.querySelectorAll('img'), (each) => each.currentSrc)`,
        )
      const first = await shown()
      expect(first.filter((url) => !url.includes('/renditions/'))).toEqual([])
      gate.open()
      await expect
        .poll(shown)
        .toSatisfy((now: string[]) => now.every((url, index) => url !== first[index]))
      expect(await page.evaluate('window.marker')).toBe('same page')
      expect(await shownBy(page)).toEqual(IN_TEMPLATE)
      const poster = await page.evaluate<string>(`document.querySelector('video').poster`)
      expect(poster).toMatch(/\/owl-[^/]+\.jpg/)
      const drawn = await page.evaluate<string>(`document.querySelector('image').href.baseVal`)
      expect(drawn).toMatch(/\/fox-[^/]+\.jpg/)
    })

    const built = await project.run('node', [program, 'build'], {
      ...accountAt(emulator.url),
      BASE: './',
    })
    expect(built.code, built.output).toBe(0)
    expect(emulator.stats().images).toBe(2)
    for (const [file, bytes] of filesBelow(path.join(project.folder, 'dist'))) {
      expect(bytes.includes('beside a lake'), file).toBe(false)
      expect(bytes.includes(project.folder), file).toBe(false)
    }
    const served = await project.serveAt('node', [program, 'preview'])
    onTestFinished(() => served.stop())
    await visitPage(browser, served.url, `templates-${vite}-built`, async (page) =>
      expect(await shownBy(page)).toEqual(IN_TEMPLATE),
    )

    if (vite !== 'vite') return
    const outside = await project.serveAt('node', [program], {
      ...accountAt(gate.url),
      CACHE: `${project.folder}-cache`,
    })
    onTestFinished(async () => {
      await outside.stop()
      await rm(`${project.folder}-cache`, { recursive: true, force: true })
    })
    await visitPage(browser, outside.url, 'templates-outside', async (page) =>
      expect(await shownBy(page)).toEqual(IN_TEMPLATE),
    )

    const server = await project.run(
      'node',
      [program, 'build', '--ssr', 'src/server.js', '--outDir', 'dist-server'],
      accountAt(emulator.url),
    )
    expect(server.code, server.output).toBe(0)
    const { code, output } = await project.run('node', [
      '--eval',
      "import('./dist-server/server.js').then(({ render }) => render()).then(console.log)",
    ])
    expect(code, output).toBe(0)
    const emitted = filesBelow(path.join(project.folder, 'dist-server'))
    const urls = [...output.matchAll(/"(\/assets\/[^" ]+)/g)].map(([, url = '']) => url)
    expect(urls.length).toBeGreaterThanOrEqual(IN_TEMPLATE.length)
    for (const url of urls) expect([...emitted.keys()], url).toContain(url.slice(1))
    expect(output).not.toContain('[object')
  },
)
