import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { assertDrawable, countReferences } from '../../src/pixels/svg-references.ts'
import { svgBomb } from './svg-bomb.ts'

function svg(content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">${content}</svg>`
}

const use = (id: string): string => `<use href="#${id}"/>`

describe('countReferences', () => {
  test.each([
    ['none', '<circle r="9"/>', 0],
    ['one', `<defs><path id="a"/></defs>${use('a')}`, 1],
    ['only those that are drawn', `<defs><path id="a"/>${use('a')}</defs>`, 0],
    ['what is used before it is there', `${use('a')}<path id="a"/>`, 1],
    [
      'a group that is drawn, and drawn again',
      `<g id="a">${use('b')}</g>${use('a')}<p id="b"/>`,
      3,
    ],
    ['a symbol', `<symbol id="a">${use('b')}</symbol>${use('a')}<path id="b"/>`, 2],
    ['what has another prefix', '<svg:use xlink:href="#a"/><svg:path id="a"/>', 1],
    ['with blanks and single quotes', "<use\n href = '#a' /><path\tid='a' />", 1],
    ['masks', '<mask id="m"/><path mask="url(#m)"/><path style="mask: url( \'#m\' )"/>', 2],
    ['a pattern with a pattern', '<pattern id="p"><path fill="url(#q)"/></pattern>', 0],
    ['links, which draw nothing', '<a href="#a"><path id="a"/></a>', 0],
    ['other files', '<use href="other.svg#a"/><path id="a"/>', 0],
    ['what is not there', use('nowhere'), 0],
    ['comments and character data', `<path id="a"/><!--${use('a')}--><![CDATA[${use('a')}]]>`, 0],
    ['`>` in a value', `<path id="a" data-name="a > b"/><use data-name='>' href="#a"/>`, 1],
    ['quotes in a text', `<text>it's</text>${use('a')}<text>it's</text><path id="a"/>`, 1],
    [
      'the first of two with one id',
      `<g id="a">${use('b')}</g><g id="a"/>${use('a')}<g id="b"/>`,
      3,
    ],
  ])('%s', (_, content, count) => {
    expect(countReferences(svg(content))).toBe(count)
  })

  test('multiplies nested uses', () => {
    expect(countReferences(svgBomb(3).toString())).toBe(1111)
  })

  test('ends where references form a circle', () => {
    expect(countReferences(svg(`<g id="a">${use('a')}</g>${use('a')}`))).toBeGreaterThan(0)
  })

  test.each([
    ['open comments', '<!--'],
    ['open character data', '<![CDATA['],
    ['open quotes', '<a b="'],
    ['open tags', '<g id="a"'],
    ['open elements', '<g id="a">'],
    ['ends', '</g>'],
    ['attributes of one tag', ' a="b"', '<svg'],
    ['references of one tag', ' a="url(#b)"', '<svg'],
    ['blanks', ' ', '<svg id'],
  ])('is quick with very many %s', (_, part, start = '') => {
    expect(countReferences(start + part.repeat(200_000))).toBe(0)
  })

  test('is quick with references to references to references', () => {
    const chain = Array.from(
      { length: 20_000 },
      (_, index) => `<g id="x${index}">${use(`x${index + 1}`)}</g>`,
    )
    expect(countReferences(svg(chain.join('')))).toBeGreaterThan(100_000)
  })
})

/** Pseudo-random numbers that are the same each time. */
function numbers(): (below: number) => number {
  let state = 1
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

function randomPath(segments: number, side: number): string {
  const next = numbers()
  return `M0 0${Array.from({ length: segments }, () => `L${next(side)} ${next(side)}`).join('')}`
}

/** Like a traced bitmap: many small outlines in one path. */
function tracedPath(outlines: number, side: number): string {
  const next = numbers()
  return Array.from(
    { length: outlines },
    () =>
      `M${next(side)} ${next(side)}${Array.from({ length: 12 }, () => `c${next(9) - 4}.5 ${next(9) - 4} 1 .25 ${next(9) - 4}-${next(4)}`).join('')}z`,
  ).join('')
}

function sized(side: number, content: string): Buffer {
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" width="${side}" height="${side}">${content}</svg>`,
  )
}

const turbulence = (count: number): string =>
  `<filter id="f">${'<feTurbulence baseFrequency=".05"/>'.repeat(count)}</filter>`
const filtered = (count: number, how = 'filter="url(#f)"'): string =>
  `<rect width="100%" height="100%" ${how}/>`.repeat(count)

describe('an SVG that would take minutes to draw is refused', () => {
  test.each<[string, () => Uint8Array, string]>([
    [
      'fifty filter primitives on 9000x9000 pixels',
      () => sized(9000, turbulence(50) + filtered(1)),
      'too many filters',
    ],
    ['one filter fifty times', () => sized(9000, turbulence(1) + filtered(50)), 'too many filters'],
    [
      'filters of a class',
      () =>
        sized(
          9000,
          `<style>.a, .b { filter: url(#f) }</style>${turbulence(5)}${filtered(20, 'class="x a"')}`,
        ),
      'too many filters',
    ],
    [
      'filters on a canvas in centimetres',
      () =>
        Buffer.from(
          sized(1, turbulence(50) + filtered(1))
            .toString()
            .replace('width="1" height="1"', 'width="2000mm" height="200cm"'),
        ),
      'too many filters',
    ],
    [
      'filters on a canvas that only its viewBox tells',
      () =>
        Buffer.from(
          sized(1, turbulence(50) + filtered(1))
            .toString()
            .replace('width="1" height="1"', 'viewBox="0, 0, 9000 9000"'),
        ),
      'too many filters',
    ],
    [
      'a few primitives with many octaves',
      () => sized(4000, turbulence(8).replaceAll('/>', ' numOctaves="15"/>') + filtered(1)),
      'too many filters',
    ],
    [
      'wide morphology',
      () =>
        sized(
          3000,
          `<filter id="f"><feMorphology operator="dilate" radius="100"/></filter>${filtered(1)}`,
        ),
      'too many filters',
    ],
    [
      'masks',
      () => sized(5000, `<mask id="f"><path d=""/></mask>${filtered(100, 'mask="url(#f)"')}`),
      'too many filters or masks',
    ],
    [
      'a path of 300,000 segments',
      () => sized(512, `<path d="${randomPath(300_000, 512)}"/>`),
      'segments',
    ],
    [
      'a polygon of 300,000 points',
      () => sized(512, `<polygon points="${randomPath(300_000, 512).replaceAll(/[ML]/g, ' ')}"/>`),
      'segments',
    ],
    [
      'a path of 300,000 segments that are short',
      () => sized(512, `<path d="M0 0${'l1 1-1-1'.repeat(150_000)}"/>`),
      'segments',
    ],
    [
      'a path that is drawn again and again',
      () => sized(512, `<path id="p" d="${tracedPath(2000, 512)}"/>${use('p').repeat(30)}`),
      'segments',
    ],
    [
      'a path that crosses itself all the time',
      () => sized(4000, `<path d="${randomPath(5000, 4000)}"/>`),
      'cross themselves',
    ],
    [
      'a path beside one that only seems to be it',
      () => sized(4000, `<path data-a=" d='M0 0'" d='${randomPath(5000, 4000)}'/>`),
      'cross themselves',
    ],
    [
      'a path in an entity',
      () =>
        Buffer.from(
          `<!DOCTYPE svg [<!ENTITY p "${randomPath(5000, 4000)}">]>${sized(4000, '<path d="&p;"/>').toString()}`,
        ),
      'cross themselves',
    ],
    [
      'entities that are repeated',
      () =>
        Buffer.from(
          `<!DOCTYPE svg [<!ENTITY p "${'l1 1'.repeat(1000)}">]>${sized(64, `<path d="${'&p;'.repeat(1000)}"/>`).toString()}`,
        ),
      'entities that make it much longer',
    ],
    [
      'entities in entities',
      () =>
        Buffer.from(
          `<!DOCTYPE svg [<!ENTITY a "b"><!ENTITY p "&a;&a;">]>${sized(64, '<path d="&p;"/>').toString()}`,
        ),
      'entities that contain markup',
    ],
    [
      'what is compressed',
      () => gzipSync(sized(9000, turbulence(50) + filtered(1))),
      'too many filters',
    ],
    [
      'a great deal that is compressed',
      () => gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')),
      'unpacked',
    ],
    [
      'UTF-16',
      () => Buffer.from(`\ufeff${sized(9000, turbulence(50) + filtered(1)).toString()}`, 'utf16le'),
      'too many filters',
    ],
    ['a great many elements', () => sized(64, '<g/>'.repeat(250_000)), 'elements'],
    [
      'parts under another prefix and written in numbers',
      () => {
        const bomb = svgBomb(12).toString().replaceAll(' href="#u', ' x:href="&#35;u')
        return Buffer.from(bomb.replace('<svg ', '<svg xmlns:x="http://www.w3.org/1999/xlink" '))
      },
      'draws its own parts',
    ],
  ])('%s', (_, make, message) => {
    expect(() => assertDrawable(make())).toThrow(message)
  })
})

describe('an ordinary drawing is accepted', () => {
  test.each<[string, () => Uint8Array]>([
    [
      'a traced bitmap of half a megabyte',
      () => sized(1200, `<path d="${tracedPath(2500, 1200)}"/>`),
    ],
    [
      'a map of twenty thousand paths',
      () =>
        sized(
          2000,
          Array.from({ length: 20_000 }, () => `<path d="m9 9h4l2 7c1 2 3 4 5 6z"/>`).join(''),
        ),
    ],
    [
      'a page of Inkscape with blurred objects',
      () =>
        Buffer.from(
          `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" width="210mm" height="297mm" viewBox="0 0 210 297"><filter inkscape:collect="always" id="f"><feGaussianBlur stdDeviation="1.2" id="feGaussianBlur1"/></filter>${filtered(100, 'style="opacity:1;filter:url(#f)"')}</svg>`,
        ),
    ],
    [
      'an export of Illustrator with drop shadows and entities',
      () =>
        Buffer.from(
          `<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x" [<!ENTITY ns_svg "http://www.w3.org/2000/svg"><!ENTITY ns_ai "http://ns.adobe.com/AdobeIllustrator/10.0/">]><svg xmlns="&ns_svg;" xmlns:i="&ns_ai;" width="1920" height="1080"><style>.a{fill:#fff;filter:url(#f)}</style><filter id="f"><feOffset dx="7"/><feGaussianBlur stdDeviation="5"/><feFlood/><feComposite operator="in"/><feMerge><feMergeNode/><feMergeNode/></feMerge></filter>${filtered(20, 'class="a"')}</svg>`,
        ),
    ],
    ['fine noise over an icon', () => sized(512, turbulence(1) + filtered(1))],
    [
      'a sheet of hatching',
      () =>
        sized(
          3000,
          `<path d="${Array.from({ length: 300 }, (_, index) => `M0 ${index * 10}l3000 900`).join('')}"/>`,
        ),
    ],
  ])('%s', (_, make) => {
    expect(() => assertDrawable(make())).not.toThrow()
  })
})

describe('assertDrawable', () => {
  test('refuses an SVG that would take hours to draw', () => {
    expect(() => assertDrawable(svgBomb(12))).toThrow(
      'the SVG draws its own parts 1,111,111,111,111 times, of at most 50,000',
    )
  })

  test('accepts a long SVG that draws each part once', () => {
    const parts = Array.from({ length: 50_000 }, (_, index) => `<path id="a${index}"/>`)
    const uses = Array.from({ length: 50_000 }, (_, index) => use(`a${index}`))
    expect(() => assertDrawable(Buffer.from(svg([...parts, ...uses].join(''))))).not.toThrow()
  })

  test('is not misled by the text before the SVG', () => {
    const entities = Buffer.from('<!DOCTYPE svg [<!ENTITY a "b"><!-- > -->]>')
    expect(() => assertDrawable(Buffer.concat([entities, svgBomb(12)]))).toThrow('of at most')
  })

  test('ignores other pictures', () => {
    const gif = Buffer.concat([Buffer.from('GIF89a'), svgBomb(12)])
    expect(() => assertDrawable(gif)).not.toThrow()
  })
})
