import { createServer } from 'vite'
import { createServer as createServer6 } from 'vite-6'
import { createServer as createServer7 } from 'vite-7'
import { expect, test } from 'vitest'
import { listenToConsole } from './console.ts'
import { connectHmr, type HmrClient } from './hmr-client.ts'
import { look, sandbox } from './sandbox.ts'
import { viteDev, type DevServer } from './vite-dev.ts'

/** The versions differ in types alone, as far as this goes. */
type Create = typeof createServer

const VERSIONS: ReadonlyArray<readonly [string, Create]> = [
  ['6', createServer6 as unknown as Create],
  ['7', createServer7 as unknown as Create],
  ['8', createServer],
]

const FOX = {
  'src/one.image.yaml': [
    'defaults: { size: 512x512, output: { formats: [webp, jpeg], widths: [32] } }',
    'images:',
    '  fox: { prompt: A fox in the snow, alt: A fox }',
  ].join('\n'),
}

/** The pictures that a text of the dev server names. */
function picturesIn(text: string): string[] {
  return [...text.matchAll(/[^\s"'()\\;&]*\/renditions\/[^\s"'()\\;&]+/g)].map(([url]) => url)
}

/** The pictures of a page or style sheet, each of which is there. */
async function shownBy(dev: DevServer, url: string): Promise<readonly string[]> {
  const response = await dev.request(url)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  const pictures = picturesIn(text)
  for (const picture of pictures) {
    const file = await dev.request(picture)
    expect(await look(new Uint8Array(await file.arrayBuffer())), picture).toMatchObject({
      width: 32,
      height: 32,
    })
  }
  return pictures
}

/** Waits for updates of all these kinds, and until something holds. Returns the kinds that came. */
async function updatesUntil(
  hmr: HmrClient,
  awaited: readonly string[],
  holds: () => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  const kinds = new Set<string>()
  while (!awaited.every((kind) => kinds.has(kind)) || !(await holds())) {
    const message = await hmr.next('update', 'full-reload')
    if (message.type === 'update') for (const { type } of message.updates) kinds.add(type)
    else kinds.add(message.type)
  }
  return kinds
}

/** The updates of style sheets and of code that accepts itself. */
const HOT = ['css-update', 'js-update']

test.each(VERSIONS)(
  "Vite %s's page shows placeholders in HTML, and reloads when the picture arrives",
  async (_, create) => {
    listenToConsole()
    const project = await sandbox({
      files: {
        ...FOX,
        'index.html': `<!doctype html>
<html><head><style>p { background: url(./src/one.image.yaml#fox) }</style></head><body>
<img src="./src/one.image.yaml#fox">
<p style="mask-image: url(src/one.image.yaml#fox)"></p>
<script type="module">globalThis.fox = new URL('./src/one.image.yaml#fox', import.meta.url)</script>
</body></html>
`,
        'deep/page.html': `<!doctype html>\n<img src="../src/one.image.yaml#fox">\n`,
      },
    })
    const dev = await viteDev(project, { base: '/sub/' }, {}, create)
    const hmr = await connectHmr(dev.server)
    const first = await shownBy(dev, '/sub/')
    // Two formats in each style, and one in the attribute.
    expect(first).toHaveLength(5)
    expect(first.every((url) => url.startsWith('/sub/'))).toBe(true)
    const page = await (await dev.request('/sub/')).text()
    const [inline = ''] = /[^"]+html-proxy[^"]+\.js/.exec(page) ?? []
    const script = await shownBy(dev, inline.replace('&amp;', '&'))
    expect(script).toEqual([first.find((url) => url.includes('.jpg'))])
    const deep = await shownBy(dev, '/sub/deep/page.html')
    expect(deep).toEqual(script)

    await updatesUntil(
      hmr,
      ['full-reload'],
      async () => (await shownBy(dev, '/sub/')).join() !== first.join(),
    )
    expect(await shownBy(dev, '/sub/deep/page.html')).not.toEqual(deep)
    expect(await shownBy(dev, inline.replace('&amp;', '&'))).not.toEqual(script)
  },
)

test.each(VERSIONS)(
  "Vite %s's style sheets and code follow the picture without a reload",
  async (_, create) => {
    listenToConsole()
    const project = await sandbox({
      files: {
        ...FOX,
        'index.html': `<!doctype html>\n<link rel="stylesheet" href="/src/linked.css">\n<script type="module" src="/src/main.js"></script>\n`,
        'src/linked.css': 'a { background: url("./one.image.yaml#fox") }\n',
        'src/imported.css': '@media all { b { cursor: url(/src/one.image.yaml#fox), auto } }\n',
        'src/shapes.module.css': '.shape { list-style-image: url(one.image.yaml) }\n',
        'src/main.js': `
          import './imported.css'
          import { shape } from './shapes.module.css'
          export const fox = new URL('./one.image.yaml#fox', import.meta.url).href
          if (import.meta.hot) import.meta.hot.accept()
        `,
      },
    })
    const dev = await viteDev(project, { base: '/sub/' }, {}, create)
    const hmr = await connectHmr(dev.server)
    const urls = [
      '/sub/src/linked.css?direct',
      '/sub/src/imported.css',
      '/sub/src/shapes.module.css',
      '/sub/src/main.js',
    ]
    await dev.request('/sub/')
    const seen = async (): Promise<ReadonlyArray<readonly string[]>> =>
      Promise.all(urls.map((url) => shownBy(dev, url)))
    const first = await seen()
    expect(first.map(({ length }) => length)).toEqual([2, 1, 2, 1])
    const onServer = (await dev.server.ssrLoadModule('/src/main.js')) as { fox: string }
    expect(onServer.fox).toMatch(/^file:\/\/.*\/renditions\/fox-[0-9a-f]{16}\.jpg$/)

    const isUpdated = async (): Promise<boolean> =>
      (await seen()).every((pictures, index) => pictures.join() !== first[index]!.join())
    expect(await updatesUntil(hmr, HOT, isUpdated)).toEqual(new Set(HOT))

    const pictures = await seen()
    project.edit('src/one.image.yaml', 'A fox in the snow', 'A fox in the rain')
    const after = await updatesUntil(hmr, HOT, async () => {
      const now = await seen()
      return now.every((each, index) => each.join() !== pictures[index]!.join())
    })
    expect(after).toEqual(new Set(HOT))
  },
)

test('a wrong name is an error with its place until the manifest or the page is right', async () => {
  listenToConsole()
  const project = await sandbox({
    files: {
      ...FOX,
      'index.html': '<!doctype html>\n<img src="/src/one.image.yaml#wolf">\n',
      'src/style.css': '\na { background: url(./late.image.yaml) }\n',
    },
  })
  const dev = await viteDev(project)
  const hmr = await connectHmr(dev.server)
  const refused = await dev.request('/')
  expect(refused.status).toBe(500)
  expect(await refused.text()).toContain('index.html:2:11')
  const style = await dev.request('/src/style.css')
  expect(style.status).toBe(500)
  expect(await style.text()).toContain('src/style.css:2:21  There is no manifest')

  project.edit('src/one.image.yaml', '  fox:', '  wolf:')
  await hmr.next('full-reload')
  expect(await shownBy(dev, '/')).toHaveLength(1)
  project.write('src/late.image.yaml', 'prompt: A hare\nalt: ""\noutput: { widths: [32] }\n')
  await expect.poll(async () => (await dev.request('/src/style.css')).status).toBe(200)
})

test('a page that loads a manifest as a picture is told where its URL is written', async () => {
  listenToConsole()
  const project = await sandbox({
    files: {
      ...FOX,
      'src/style.css': '@import "./part.css";\na { background: url(./one.image.yaml#fox) }\n',
      'src/part.css': '\nb { background: url(./one.image.yaml#fox) }\n',
    },
  })
  const dev = await viteDev(project, { base: '/sub/' })
  const hmr = await connectHmr(dev.server)
  const style = await (await dev.request('/sub/src/style.css')).text()
  // Vite reads what `@import` loads by itself.
  const [, manifest = ''] = /url\((\/sub\/src\/one\.image\.yaml)#fox\)/.exec(style) ?? []
  const url = new URL(manifest, dev.server.resolvedUrls!.local[0])
  const asPicture = await fetch(url, { headers: { 'sec-fetch-dest': 'image' } })
  expect(asPicture.status).toBe(404)
  const said = await asPicture.text()
  expect(said).toContain('src/part.css:2:21  A page loads src/one.image.yaml as a picture')
  expect(said).toContain('var(--picture)')
  expect(JSON.stringify(await hmr.next('error'))).toContain('src/part.css:2:21')
  expect((await fetch(url, { headers: { 'sec-fetch-dest': 'document' } })).status).toBe(200)
})

test('a page that loads a manifest by a URL that a component left as it is is told where', async () => {
  listenToConsole()
  const project = await sandbox({
    files: {
      ...FOX,
      'index.html': '<script type="module" src="/src/app.jsx"></script>\n',
      'src/app.jsx':
        'import { fox } from \'./one.image.yaml\'\nexport const a = <img src="./one.image.yaml#fox" />\n',
      'public/shown/one.image.yaml': 'a file of the user\n',
    },
  })
  const dev = await viteDev(project, { base: '/sub/' })
  const hmr = await connectHmr(dev.server)
  const ask = (url: string, dest: string): Promise<Response> =>
    fetch(new URL(url, dev.server.resolvedUrls!.local[0]), { headers: { 'sec-fetch-dest': dest } })
  await dev.request('/sub/')
  // Browsers take a relative URL from the page on, whatever file it is written in.
  for (const url of [
    '/sub/one.image.yaml',
    '/sub/deep/one.image.yaml',
    '/sub/src/one.image.yaml',
  ]) {
    for (const dest of ['image', 'video', 'object']) {
      const response = await ask(url, dest)
      expect(response.status).toBe(404)
      const said = await response.text()
      expect(said).toContain('src/app.jsx:2:28  A page loads src/one.image.yaml as a picture')
      expect(said).toContain('In the markup of a component, import the image')
      expect(said).not.toContain('in the snow')
    }
  }
  expect(JSON.stringify(await hmr.next('error'))).toContain('src/app.jsx:2:28')
  const own = await ask('/sub/shown/one.image.yaml', 'image')
  expect(await own.text()).toBe('a file of the user\n')
})
