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

  test('multiplies what is used by what is used', () => {
    expect(countReferences(svgBomb(3).toString())).toBe(1111)
  })

  test('comes to an end in a circle', () => {
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
  ])('is quick with a great many %s', (_, part, start = '') => {
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

describe('assertDrawable', () => {
  test('refuses what would be drawn for hours', () => {
    expect(() => assertDrawable(svgBomb(12))).toThrow(
      'the SVG draws its own parts 1,111,111,111,111 times, of at most 50,000',
    )
  })

  test('takes what is long, but draws each part once', () => {
    const parts = Array.from({ length: 50_000 }, (_, index) => `<path id="a${index}"/>`)
    const uses = Array.from({ length: 50_000 }, (_, index) => use(`a${index}`))
    expect(() => assertDrawable(Buffer.from(svg([...parts, ...uses].join(''))))).not.toThrow()
  })

  test('is not led astray by what stands before', () => {
    const entities = Buffer.from('<!DOCTYPE svg [<!ENTITY a "b"><!-- > -->]>')
    expect(() => assertDrawable(Buffer.concat([entities, svgBomb(12)]))).toThrow('of at most')
  })

  test('leaves other pictures alone', () => {
    const gif = Buffer.concat([Buffer.from('GIF89a'), svgBomb(12)])
    expect(() => assertDrawable(gif)).not.toThrow()
  })
})
