import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { viteBuildUrl, viteUrl } from '../../src/plugin/hosts/vite.ts'
import { webpackUrl } from '../../src/plugin/hosts/webpack.ts'
import { imageModule, imageQuery, manifestModule } from '../../src/emit/module.ts'
import type { RenderedImage, Rendition } from '../../src/render/render.ts'

function rendition(format: Rendition['format'], width: number): Rendition {
  const ending = format === 'jpeg' ? 'jpg' : format
  const file = `/app/node_modules/.cache/r/kira-${width}.${ending}`
  return { format, width, height: width / 2, file, bytes: 1, sha256: '' }
}

/** What a module exports, with every import replaced by the specifier's file name. */
function run(code: string): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  const body = code
    .replaceAll(/^import (\w+) from ("[^"]+")$/gm, (_, name: string, from: string) => {
      return `const ${name} = ${from}.split('/').at(-1).split('?')[0]`
    })
    .replace('export default', 'values.default =')
    .replace(/^export \{ (.*) \}$/m, (_, list: string) =>
      list
        .split(', ')
        .map((item) => item.split(' as '))
        .map(([local, name]) => `values[${JSON.stringify(name)}] = ${local}`)
        .join(';'),
    )
  return runInNewContext(`${body}; values`, { values }) as Record<string, unknown>
}

const image: RenderedImage = {
  renditions: [
    rendition('avif', 320),
    rendition('avif', 640),
    rendition('webp', 320),
    rendition('webp', 640),
    rendition('jpeg', 320),
    rendition('jpeg', 640),
  ],
}

test('the value of an image', () => {
  const { default: value } = run(imageModule('Kira "at" sea\u2028', image, viteUrl('/app/src')))
  expect(value).toEqual({
    src: 'kira-640.jpg',
    width: 640,
    height: 320,
    format: 'jpeg',
    srcset: 'kira-320.jpg 320w, kira-640.jpg 640w',
    sources: {
      avif: 'kira-320.avif 320w, kira-640.avif 640w',
      webp: 'kira-320.webp 320w, kira-640.webp 640w',
    },
    img: { src: 'kira-640.jpg', w: 640, h: 320 },
    alt: 'Kira "at" sea\u2028',
  })
  expect(Object.keys((value as { sources: object }).sources)).toEqual(['avif', 'webp'])
})

test('placeholder values are there only where they were requested', () => {
  const urlOf = viteUrl('/app/src')
  const withBlur = run(imageModule('', { ...image, blurDataURL: 'data:x' }, urlOf)).default
  expect(withBlur).toMatchObject({ blurDataURL: 'data:x' })
  expect(withBlur).not.toHaveProperty('color')
  expect(withBlur).not.toHaveProperty('alpha')
  const seenThrough = imageModule('', { ...image, blurDataURL: 'data:x', alpha: true }, urlOf)
  expect(run(seenThrough).default).toMatchObject({ alpha: true })
  expect(run(imageModule('', { ...image, color: '#aabbcc' }, urlOf)).default).toMatchObject({
    color: '#aabbcc',
  })
  expect(() => imageModule('', { renditions: [] }, urlOf)).toThrow('without renditions')
})

test('what is shown for other media comes in order, and a file that is there twice is imported once', () => {
  const crop = { ...rendition('webp', 320), height: 320, file: '/app/r/kira-square-320.webp' }
  const [, wide] = image.renditions
  const code = imageModule(
    'Kira',
    {
      ...image,
      media: [
        { media: '(max-width: 600px)', renditions: [crop] },
        { media: '(prefers-color-scheme: dark)', renditions: [rendition('png', 64), wide!] },
      ],
    },
    viteUrl('/app/src'),
  )
  expect(code.match(/^import /gm)).toHaveLength(6 + 2)
  expect(run(code).default).toMatchObject({
    src: 'kira-640.jpg',
    media: [
      {
        media: '(max-width: 600px)',
        width: 320,
        height: 320,
        format: 'webp',
        src: 'kira-square-320.webp',
        srcset: 'kira-square-320.webp 320w',
        sources: {},
      },
      {
        media: '(prefers-color-scheme: dark)',
        width: 640,
        height: 320,
        format: 'avif',
        src: 'kira-640.avif',
        srcset: 'kira-640.avif 640w',
        sources: { png: 'kira-64.png 64w' },
      },
    ],
  })
})

test('a manifest has exports where a name allows one, and a record of all images', () => {
  const code = manifestModule(
    [
      { name: 'kira-at-night', exportName: 'kiraAtNight' },
      { name: 'class', exportName: 'class' },
      { name: '01-tile', exportName: undefined },
      { name: 'constructor', exportName: 'constructor' },
    ],
    (name) => `./${name}.js`,
  )
  const { default: all, ...named } = run(code)
  expect(named).toEqual({
    kiraAtNight: 'kira-at-night.js',
    class: 'class.js',
    constructor: 'constructor.js',
  })
  expect(all).toEqual({
    'kira-at-night': 'kira-at-night.js',
    class: 'class.js',
    '01-tile': '01-tile.js',
    constructor: 'constructor.js',
  })
  expect(Object.keys(all as object)).toHaveLength(4)
  expect(imageQuery('春.1')).toBe('?image=%E6%98%A5.1')
})

test('files are imported by relative paths, in the form of each host', () => {
  const [picture] = image.renditions
  const vite = viteUrl('/app/src/people')(picture!, 'u0')
  expect(vite).toEqual({
    statement: 'import u0 from "../../node_modules/.cache/r/kira-320.avif?url&no-inline"',
    expression: 'u0',
  })
  const webpack = webpackUrl('/app')(picture!, 'u1')
  const file = './node_modules/.cache/r/kira-320.avif'
  expect(webpack.statement).toBe(`import u1 from "${file}.webpack[asset/resource]!=!${file}"`)
  // A folder whose name starts with a dot is not a relative path yet.
  const hidden = { ...picture!, file: '/app/.cache/kira.avif' }
  expect(viteUrl('/app')(hidden, 'u0').statement).toContain('"./.cache/kira.avif?')
})

test("Vite's builds name the asset, and so its URL", () => {
  const references = new Map(image.renditions.map(({ file }, index) => [file, `r${index}`]))
  const code = imageModule('', image, viteBuildUrl(references))
  expect(code.match(/__VITE_ASSET__\w+?__/g)).toHaveLength(6)
  expect(code).not.toContain('/app')
  expect(run(code).default).toMatchObject({ src: '__VITE_ASSET__r5__' })
})
