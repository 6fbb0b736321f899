import path from 'node:path'
import { createElement } from 'react'
import { renderToStaticMarkup, renderToString } from 'react-dom/server'
import type { Component } from 'svelte'
import { render } from 'svelte/server'
import { createServer } from 'vite'
import { expect, it, onTestFinished } from 'vitest'
import { createSSRApp, h } from 'vue'
import { renderToString as renderVue } from 'vue/server-renderer'
import { picture, type HtmlPictureOptions } from '../../src/components/html.ts'
import { Picture as ReactPicture } from '../../src/components/react.ts'
import { Picture as VuePicture } from '../../src/components/vue.ts'
import type { GeneratedImage } from '../../src/emit/generated-image.ts'
import { elementsOf } from './elements.ts'
import { BADGE, DIRECTED, KIRA } from './images.ts'
import { sveltePlugin } from './svelte-plugin.ts'

const root = path.join(import.meta.dirname, '../..')

type Render = (image: GeneratedImage, options: HtmlPictureOptions) => Promise<string> | string

/** Svelte's component as it ships: uncompiled. */
async function sveltePicture(): Promise<Component<Record<string, unknown>>> {
  const server = await createServer({
    configFile: false,
    root,
    logLevel: 'silent',
    appType: 'custom',
    server: { middlewareMode: true, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    plugins: [sveltePlugin()],
  })
  onTestFinished(() => server.close())
  const module = await server.ssrLoadModule('/dist/components/svelte.js')
  return module['Picture'] as Component<Record<string, unknown>>
}

const RENDERERS: Readonly<Record<string, Render>> = {
  react: (image, options) =>
    renderToStaticMarkup(createElement(ReactPicture, inReact(image, options))),
  vue: (image, options) =>
    renderVue(createSSRApp({ render: () => h(VuePicture, { image, ...options } as never) })),
  svelte: async (image, options) => {
    const component = await sveltePicture()
    // Svelte adds them to every image, for events that come before it runs.
    const html = render(component, { props: { image, ...options } }).body
    return html.replaceAll(/ on(?:load|error)="this\.__e=event"/g, '')
  },
}

function inReact(
  image: GeneratedImage,
  { class: className, style, fetchpriority, ...others }: HtmlPictureOptions,
): never {
  return {
    image,
    className,
    fetchPriority: fetchpriority,
    ...others,
    style: style === undefined ? undefined : { width: '50%' },
  } as never
}

const BLUR = { ...KIRA, blurDataURL: 'data:image/webp;base64,UklGRhIAAABXRUJQVlA4IAYAAAA=' }

it.each(Object.keys(RENDERERS))('%s renders on a server what `picture` writes', async (name) => {
  const cases: ReadonlyArray<readonly [image: GeneratedImage, options: HtmlPictureOptions]> = [
    [KIRA, { sizes: '640px' }],
    [KIRA, { sizes: '640px', priority: true, alt: '' }],
    [
      KIRA,
      { sizes: '640px', fetchpriority: 'low', loading: 'eager', decoding: 'sync', width: 640 },
    ],
    [BADGE, { alt: 'A "badge" <of> honour & more', id: 'badge', class: 'round', 'data-n': '1' }],
    [DIRECTED, { sizes: '100vw', 'aria-hidden': true }],
    [BLUR, { sizes: '640px', style: 'width:50%' }],
    [{ ...KIRA, color: '#aabbcc' }, { sizes: '640px' }],
  ]
  for (const [image, options] of cases) {
    const html = await RENDERERS[name]!(image, options)
    expect(elementsOf(html), html).toEqual(elementsOf(picture(image, options)))
  }
})

it('adds nothing to a React page around the picture, also where it comes first', () => {
  const html = renderToString(
    createElement(ReactPicture, { image: KIRA, sizes: '1px', priority: true }),
  )
  expect(html).toMatch(/^<picture>.*<\/picture>$/)
})

it.each([
  ['without a style', { style: null }, { style: undefined }],
  ['with other files by mistake', { src: '/a.jpg', srcSet: '/a.jpg 1w' }, {}],
  ['with the name of HTML', { fetchpriority: 'low' }, { fetchPriority: 'low' }],
])('renders in React %s', (_, given, plain) => {
  const markupOf = (properties: object): string =>
    renderToStaticMarkup(
      createElement(ReactPicture, { image: { ...BADGE, color: '#aabbcc' }, ...properties }),
    )
  expect(markupOf(given)).toBe(markupOf(plain))
})

it("carries the mark of Vue's scoped styles, so that they reach a class on it", async () => {
  const page = {
    __scopeId: 'data-v-7ba5bd90',
    render: () => h(VuePicture, { image: BADGE, class: 'badge' }),
  }
  const html = await renderVue(createSSRApp(page))
  expect(html).toMatch(/<img [^>]*class="badge" data-v-7ba5bd90 /)
})
