import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CSS, cssMentions, type StyleSyntax } from '../../src/plugin/markup/css.ts'
import { htmlMentions } from '../../src/plugin/markup/html.ts'
import { leftAloneMentions } from '../../src/plugin/markup/left-alone.ts'
import type { Mention, NamedImage } from '../../src/plugin/markup/mention.ts'
import { newUrlMentions } from '../../src/plugin/markup/new-url.ts'
import { componentMentions, templateMentions, vueAssets } from '../../src/plugin/markup/vue.ts'
import { ImagegenError } from '../../src/shared/errors.ts'

const SCSS: StyleSyntax = { hasLineComments: true, isIndented: false }
const SASS: StyleSyntax = { hasLineComments: true, isIndented: true }

const IMAGE: NamedImage = {
  renditions: (['avif', 'webp', 'jpeg'] as const).flatMap((format) =>
    [8, 16].map((width) => ({ file: '', format, width, height: width, bytes: 0, sha256: '' })),
  ),
  urlOf: ({ format, width }) => `${width}.${format}`,
  refusal: (problem) => new ImagegenError('manifest', problem),
}

/** A text with everything replaced that names an image. */
function replaced(text: string, mentions: readonly Mention[]): string {
  let result = ''
  let done = 0
  const inOrder = mentions.toSorted((left, right) => left.start - right.start)
  for (const { start, end, write } of inOrder) {
    result += text.slice(done, start) + write(IMAGE)
    done = end
  }
  return result + text.slice(done)
}

const css = (text: string, syntax = CSS): string => replaced(text, cssMentions(text, syntax))
const html = (text: string): string => replaced(text, htmlMentions(text))
const code = (text: string): string =>
  replaced(
    text,
    newUrlMentions(text, (url) => JSON.stringify(url)),
  )

const SET =
  'image-set(url("16.avif") type("image/avif"), url("16.webp") type("image/webp"), url("16.jpeg"))'

describe('style sheets', () => {
  test.each([
    ['a{background:url(x.image.yaml)}', `a{background:${SET}}`],
    ["a{ Background : red url( 'x.image.yml#k' ) 0 0 }", `a{ Background : red ${SET} 0 0 }`],
    ['a{b:c;-webkit-mask-image:URL("x.image.yaml")}', `a{b:c;-webkit-mask-image:${SET}}`],
    ['background:none,url(x.image.yaml#a),url(x.image.yaml#b)', `background:none,${SET},${SET}`],
    ['a:hover{content:url(x.image.yaml)}', `a:hover{content:${SET}}`],
    ['a{content:/**/url(x\\.image.yaml)}', `a{content:/**/${SET}}`],
    ['a{content:url(x\\2e image.yaml)}', `a{content:${SET}}`],
    ['@media (a:b){c{list-style:url(x.image.yaml)}}', `@media (a:b){c{list-style:${SET}}}`],
  ])('%s takes all formats', (text, expected) => {
    expect(css(text)).toBe(expected)
  })

  test.each([
    ['a{cursor:url(x.image.yaml),auto}', 'a{cursor:url("16.jpeg"),auto}'],
    ['a{--b:url(x.image.yaml)}', 'a{--b:url("16.jpeg")}'],
    ['a{background:var(--b,url(x.image.yaml))}', 'a{background:var(--b,url("16.jpeg"))}'],
    ['a{background:cross-fade(url(x.image.yaml))}', 'a{background:cross-fade(url("16.jpeg"))}'],
    ['@font-face{src:url(x.image.yaml)}', '@font-face{src:url("16.jpeg")}'],
    [
      'a{background:image-set("x.image.yaml" 1x,url(x.image.yaml#k) 2x)}',
      'a{background:image-set("16.jpeg" 1x,url("16.jpeg") 2x)}',
    ],
    [
      `a{background:-webkit-image-set("x.image.yaml" 1x type( "image/avif" ), url(x.image.yaml) type('image/webp') 2x)}`,
      `a{background:-webkit-image-set("16.avif" 1x type( "image/avif" ), url("16.webp") type('image/webp') 2x)}`,
    ],
  ])('%s takes one', (text, expected) => {
    expect(css(text)).toBe(expected)
  })

  test.each([
    '/* url(x.image.yaml) */',
    'a{content:"url(x.image.yaml)"}',
    `a{content:'it\\'s url(x.image.yaml)'}`,
    'a{content:"x.image.yaml"}',
    'a{background:url(https://example.com/x.image.yaml)}',
    'a{background:url(//example.com/x.image.yaml)}',
    'a{background:url(data:text/yaml,x.image.yaml)}',
    'a{background:url(x.yaml) url(x.image.yaml.png) url(#x.image.yaml)}',
    'a{background:url(x.png?from=y.image.yaml)}',
    'a{background:blurl(x.image.yaml)}',
    'a{background:url(x.image.yaml',
    'a{/* url(x.image.yaml)',
  ])('%s stays as it is', (text) => {
    expect(css(text)).toBe(text)
  })

  test('Sass and Less have comments of their own, and interpolations', () => {
    const line = "// it's url(x.image.yaml)\na { b: url(//c/d.png); background: url(x.image.yaml) }"
    expect(css(line, SCSS)).toBe(line.replace('url(x.image.yaml) }', `${SET} }`))
    const named = '.a-#{map.get($b, "c:d")} { @{e}: 1; &:hover { mask: url(x.image.yaml) } }'
    expect(css(named, SCSS)).toBe(named.replace('url(x.image.yaml)', SET))
    expect(css('$a: url(x.image.yaml);', SCSS)).toBe('$a: url("16.jpeg");')
    expect(css('@a: url(x.image.yaml);', SCSS)).toBe('@a: url("16.jpeg");')
    expect(css('a\n  content: url(x.image.yaml)\n  cursor: url(x.image.yaml)\n', SASS)).toBe(
      `a\n  content: ${SET}\n  cursor: url("16.jpeg")\n`,
    )
  })

  test('a type that the image does not have, and an @import, are errors', () => {
    expect(() => css('a{b:image-set("x.image.yaml" type("image/gif"))}')).toThrow(
      /no rendition of the type `image\/gif`[^]*image\/avif, image\/webp, image\/jpeg/,
    )
    expect(() => css('@import url(x.image.yaml);')).toThrow(/loads style sheets/)
  })
})

describe('pages', () => {
  test.each([
    ['<img src=x.image.yaml>', '<img src="16.jpeg">'],
    [`<IMG SRC = ' x.image.yaml#k '/>`, `<IMG SRC = '16.jpeg'/>`],
    [
      '<img a=">" src="x&period;image.yaml&#x23;k" src="y.png">',
      '<img a=">" src="16.jpeg" src="y.png">',
    ],
    ['<img srcset="x.image.yaml">', '<img srcset="8.jpeg 8w, 16.jpeg 16w">'],
    ['<img srcset=x.image.yaml>', '<img srcset="8.jpeg 8w, 16.jpeg 16w">'],
    ['<img srcset="a.png 1x,x.image.yaml 2x">', '<img srcset="a.png 1x,16.jpeg 2x">'],
    ['<img srcset="x.image.yaml 8w, a,b.png 9w">', '<img srcset="8.jpeg 8w, a,b.png 9w">'],
    [
      '<source type="image/avif" srcset="x.image.yaml">',
      '<source type="image/avif" srcset="8.avif 8w, 16.avif 16w">',
    ],
    ['<input type="image" src="x.image.yaml">', '<input type="image" src="16.jpeg">'],
    [
      '<link imagesrcset="x.image.yaml 16w" href="x.image.yaml">',
      '<link imagesrcset="16.jpeg 16w" href="16.jpeg">',
    ],
    [
      '<svg><use xlink:href="x.image.yaml"/><image href="x.image.yaml"/></svg>',
      '<svg><use xlink:href="16.jpeg"/><image href="16.jpeg"/></svg>',
    ],
    [
      '<meta property="OG:image" content="x.image.yaml">',
      '<meta property="OG:image" content="16.jpeg">',
    ],
    [
      '<p style="content:url(x.image.yaml)">',
      `<p style="content:${SET.replaceAll('"', '&quot;')}">`,
    ],
    [`<p style='cursor:url("x.image.yaml")'>`, `<p style='cursor:url("16.jpeg")'>`],
    [
      '<p style=cursor:url(x.image.yaml),url(x.image.yaml)>',
      '<p style="cursor:url(&quot;16.jpeg&quot;),url(&quot;16.jpeg&quot;)">',
    ],
    [
      '<style>/* </p> */a{content:url(x.image.yaml)}</style><img src="x.image.yaml">',
      `<style>/* </p> */a{content:${SET}}</style><img src="16.jpeg">`,
    ],
    ['<template><img src="x.image.yaml"></template>', '<template><img src="16.jpeg"></template>'],
    ['a < b <img src="x.image.yaml">', 'a < b <img src="16.jpeg">'],
    ['<!--> <img src="x.image.yaml"> -->', '<!--> <img src="16.jpeg"> -->'],
  ])('%s', (text, expected) => {
    expect(html(text)).toBe(expected)
  })

  test.each([
    '<!-- <img src="x.image.yaml"> -->',
    '<script>"<img src=x.image.yaml>"</script>',
    '<textarea><img src="x.image.yaml"></textarea>',
    '<title><img src="x.image.yaml"></title>',
    '<svg><![CDATA[<img src="x.image.yaml">]]></svg>',
    '<a href="x.image.yaml">',
    '<iframe src="x.image.yaml">',
    '<meta name="description" content="x.image.yaml">',
    '<img vite-ignore src="x.image.yaml">',
    '<img data-src="x.image.yaml" alt="x.image.yaml">',
    '</img src="x.image.yaml">',
    '<img src="https://example.com/x.image.yaml">',
    '<img src=',
  ])('%s stays as it is', (text) => {
    expect(html(text)).toBe(text)
  })

  test('a configuration adds attributes', () => {
    const text = '<img src="x.image.yaml" data-dark="x.image.yaml"><my-img set="x.image.yaml 8w">'
    const more = {
      img: { srcAttributes: ['src', 'data-dark'] },
      'my-img': { srcsetAttributes: ['set'] },
    }
    expect(replaced(text, htmlMentions(text, { more }))).toBe(
      '<img src="16.jpeg" data-dark="16.jpeg"><my-img set="8.jpeg 8w">',
    )
  })

  test('a width that the image does not have is an error', () => {
    expect(() => html('<img srcset="x.image.yaml 9w">')).toThrow(/no width of 9 pixels[^]*8, 16/)
  })
})

describe('code', () => {
  const plain = `new URL('./x.image.yaml#k', import.meta.url)`

  test.each([
    [plain, 'new URL("16.jpeg", import.meta.url)'],
    ['new  URL(\n`x.image.yaml`,import.meta.url , )', 'new  URL(\n"16.jpeg",import.meta.url , )'],
    [`const a = /['"]/; ${plain}`, `const a = /['"]/; new URL("16.jpeg", import.meta.url)`],
    [`<p>don't</p>\n${plain}`, `<p>don't</p>\nnew URL("16.jpeg", import.meta.url)`],
    ['`${`${{}}` + ' + `${plain}}\``, '`${`${{}}` + new URL("16.jpeg", import.meta.url)}`'],
  ])('%s', (text, expected) => {
    expect(code(text)).toBe(expected)
  })

  test.each([
    `// ${plain}`,
    `/* ${plain} */`,
    `const a = "${plain}"`,
    `const a = \`${plain}\``,
    `new URL(/* @vite-ignore */ './x.image.yaml', import.meta.url)`,
    'new URL(`./${name}.image.yaml`, import.meta.url)',
    `new URL('./x.image.yaml', location.href) // import.meta.url`,
    `new URL('./x.png', import.meta.url)`,
  ])('%s stays as it is', (text) => {
    expect(code(text)).toBe(text)
  })
})

describe('components of Vue', () => {
  const vue = (text: string, option?: unknown): string =>
    replaced(text, componentMentions(text, vueAssets(option)))
  const inTemplate = (text: string, option?: unknown): string => {
    const part = replaced(text, templateMentions(text, vueAssets(option)))
    const [before, after] = ['<script>const a = "<template>"</script>\n<template>', '</template>\n']
    expect(vue(`${before}${text}${after}`, option)).toBe(`${before}${part}${after}`)
    return part
  }

  test.each([
    ['<img src="./x.image.yaml#k" />', '<img src="16.jpeg" />'],
    [
      '<template #a><p/></template><img src="x.image.yaml">',
      '<template #a><p/></template><img src="16.jpeg">',
    ],
    ['<template #a /><img src="~/x.image.yaml">', '<template #a /><img src="16.jpeg">'],
    ['{{ a<b }}<img src="@/x.image.yaml">', '{{ a<b }}<img src="16.jpeg">'],
    ['{{ "<img src=x.image.yaml>" }}', '{{ "<img src=x.image.yaml>" }}'],
    ['{{ <img src="x.image.yaml">', '{{ <img src="16.jpeg">'],
    [
      '<img v-if="a > b" srcset="x.image.yaml" @load="() => {}">',
      '<img v-if="a > b" srcset="8.jpeg 8w, 16.jpeg 16w" @load="() => {}">',
    ],
    [
      '<source type="image/avif" srcset="x.image.yaml 8w">',
      '<source type="image/avif" srcset="8.avif 8w">',
    ],
    ['<video src="x.image.yaml" poster="x.image.yaml">', '<video src="16.jpeg" poster="16.jpeg">'],
    [
      '<image xlink:href="x.image.yaml"/><use href="x.image.yaml"/>',
      '<image xlink:href="16.jpeg"/><use href="16.jpeg"/>',
    ],
  ])('%s', (text, expected) => {
    expect(inTemplate(text)).toBe(expected)
  })

  test.each([
    `<img :src="'x.image.yaml'" v-bind:srcset="x">`,
    '<Image src="x.image.yaml" href="x.image.yaml"/>',
    '<my-img src="x.image.yaml"/>',
    '<!-- <img src="x.image.yaml"> -->',
    '<textarea><img src="x.image.yaml"></textarea>',
    '<a href="x.image.yaml">',
  ])('%s stays as it is', (text) => {
    expect(inTemplate(text)).toBe(text)
  })

  test.each([
    '<script>const a = `<img src="x.image.yaml">`</script><template/>',
    '<docs>\n<img src="x.image.yaml">\n</docs>\n<template><p/></template>',
    '<template src="./x.html" />\n<docs><img src="x.image.yaml"></docs>',
    '<template><p/></template>\n<docs><img src="x.image.yaml"></docs>',
    '<style>a { background: url(x.image.yaml) }</style>',
    '<template lang="pug">\n//- img(src="x.image.yaml")\nimg(:src="x")\n</template>',
  ])('outside of a template, %s stays as it is', (text) => {
    expect(vue(text)).toBe(text)
  })

  test('the option `transformAssetUrls` decides', () => {
    const own = { 'v-img': ['src', 'lazySrc'] }
    const text = '<v-img src="x.image.yaml" lazySrc="x.image.yaml"/>'
    const expected = '<v-img src="16.jpeg" lazySrc="16.jpeg"/>'
    expect(inTemplate(text, own)).toBe(expected)
    expect(inTemplate(text, { tags: own, includeAbsolute: false })).toBe(expected)
    expect(inTemplate(text, { tags: { '*': ['src', 'lazySrc'] } })).toBe(expected)
    expect(inTemplate('<img src="x.image.yaml">', { base: '/a/' })).toBe('<img src="16.jpeg">')
    expect(() => inTemplate('<img src="x.image.yaml">', own)).toThrow('Vue leaves the URL in `src`')
    expect(() => inTemplate('<img src="x.image.yaml">', false)).toThrow('Vue leaves')
  })

  test.each([
    [
      '<input type="image" src="./x.image.yaml#k">',
      '`import { k } from \'./x.image.yaml\'`, and write `:src="k.src"`',
    ],
    [
      '<object data="x.image.yaml"/>',
      '`import image from \'./x.image.yaml\'`, and write `:data="image.src"`',
    ],
    ['<p style="background: url(x.image.yaml#k)">', 'Name the image in `<style>`'],
  ])('%s is an error', (text, hint) => {
    expect(() => inTemplate(text)).toThrow(hint)
  })

  test('Pug is an error', () => {
    const text = `<template lang="pug">\nimg(alt="a", src='/src/x.image.yaml#a-b')\n</template>`
    expect(() => vue(text)).toThrow(
      "`import images from '/src/x.image.yaml'`, and write `:src=\"images['a-b'].src\"`",
    )
  })
})

test.each([
  ['Svelte', '<script>const a = 1 < 2</script>\n{#if a<b}<img src="./x.image.yaml#k">{/if}'],
  ['Svelte', '<img {alt} src="./x.image.yaml#k" on:load={() => a}>'],
  ['Astro', '---\nconst a: Array<string> = []\n---\n<img src="./x.image.yaml#k">'],
  ['Astro', '<img src="./x.image.yaml#k">'],
] as const)('markup of %s that names an image is an error: %s', (language, text) => {
  const mentions = leftAloneMentions(text, language)
  expect(mentions).toHaveLength(1)
  expect(text.slice(mentions[0]!.at)).toMatch(/^\.\/x\.image\.yaml#k"/)
  expect(() => replaced(text, mentions)).toThrow(
    `${language} leaves the URL in \`src\` as it is, so the page would load the manifest in place of a picture.\n  → Import the image, \`import { k } from './x.image.yaml'\`, and write \`src={k.src}\`.`,
  )
})

test.each([
  [
    'Svelte',
    '<script>"<img src=\'x.image.yaml\'>"</script><img src={k.src}><Img src="x.image.yaml"/>',
  ],
  [
    'Svelte',
    '<style>a { background: url(x.image.yaml) }</style><enhanced:img src="x.image.yaml"/>',
  ],
  ['Astro', '---\nconst a = `<img src="x.image.yaml">`\n---\n<Image src="x.image.yaml"/>'],
] as const)('markup of %s that only code or styles name stays as it is: %s', (language, text) => {
  expect(leftAloneMentions(text, language)).toEqual([])
})

/** What begins, ends or is a part of something in one of the languages. */
const PARTS = [
  '<img src= " \' ` ${ } { <!-- --> /* */ // \\ url( ) ; : image-set( x.image.yaml#k <style> </style> &#',
  '#{ {{ }} <template> </template> lang="pug" --- background  , import.meta.url) srcset= > @import',
]
  .join(' ')
  .split(' ')
  .concat('\n', ' ', 'new URL(')

/** Without the tag that begins a component. */
function moved(mention: Mention): Mention {
  const by = '<template>'.length
  return { ...mention, start: mention.start - by, end: mention.end - by }
}

test('no text makes a scanner fail, loop, or replace what it does not name', () => {
  const part = fc.oneof(fc.constantFrom(...PARTS), fc.string({ maxLength: 4 }))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const text = parts.join('')
      const found = [
        cssMentions(text),
        cssMentions(text, SASS),
        htmlMentions(text),
        componentMentions(`<template>${text}`, vueAssets(true)).map((each) => moved(each)),
        templateMentions(text, vueAssets(true)),
        leftAloneMentions(text, 'Astro'),
        newUrlMentions(text, (url) => url),
      ]
      for (const mentions of found) {
        let end = 0
        for (const mention of mentions.toSorted((left, right) => left.start - right.start)) {
          expect(mention.start).toBeGreaterThanOrEqual(end)
          expect(text.slice(mention.start, mention.end)).toContain('image')
          end = mention.end
        }
      }
    }),
  )
})
