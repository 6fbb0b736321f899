import { expect, test } from 'vitest'
import {
  letteringColumns,
  letteringPath,
  measureLettering,
  wrapLettering,
} from '../../src/pixels/lettering.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'

test('a glyph is drawn at the requested place, dot by dot', async () => {
  expect(await draw('L')).toEqual([
    '#.....',
    '#.....',
    '#.....',
    '#.....',
    '#.....',
    '#.....',
    '#####.',
    '......',
    '......',
  ])
  expect(letteringPath('L', { x: 10, y: 20, pixel: 2 })).toBe('M10 20h2v12h-2zM10 32h10v2h-10z')
})

test('every printable ASCII character has a glyph of its own', () => {
  const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index))
  const paths = printable.map((character) => letteringPath(character, { x: 0, y: 0, pixel: 1 }))
  expect(paths.every((path) => path.startsWith('M'))).toBe(true)
  expect(new Set(paths).size).toBe(94)
  expect(letteringPath(' ', { x: 0, y: 0, pixel: 1 })).toBe('')
})

test('the rectangles of a glyph never overlap', () => {
  for (let code = 33; code < 127; code++) {
    const path = letteringPath(String.fromCharCode(code), { x: 0, y: 0, pixel: 1 })
    const dots = [...path.matchAll(/M(\d) (\d)h(\d)v(\d)/g)].flatMap(
      ([, left, top, width, height]) =>
        Array.from({ length: Number(width) * Number(height) }, (_, index) => {
          const column = Number(left) + (index % Number(width))
          return `${column},${Number(top) + Math.floor(index / Number(width))}`
        }),
    )
    expect(new Set(dots).size).toBe(dots.length)
  }
})

test.each([
  ['Café naïve Łódź', 'Cafe naive Lodz'],
  ['“Größe” – don’t…', '"Grosse" - don\'t...'],
  ['ﬁne Ａ', 'fine A'],
  ['a\u200bb\u202e', 'ab'],
  ['a\tb\u0007c', 'a b c'],
])('%j is drawn as %j', (text, plain) => {
  expect(path(text)).toBe(path(plain))
})

test.each(['猫', '한', '🎨', '□'])('%s is one box', (character) => {
  expect(path(character)).toBe(path('猫'))
  expect(path(character)).not.toBe('')
  expect(measureLettering(character, 3).width).toBe(15)
})

test('a line break starts a new line, and the measured size covers the drawing', () => {
  expect(measureLettering('abc', 2)).toEqual({ width: 34, height: 18 })
  expect(measureLettering('abc\nz', 2)).toEqual({ width: 34, height: 40 })
  expect(measureLettering('', 2)).toEqual({ width: 0, height: 18 })
  expect(letteringPath('\n-', { x: 0, y: 0, pixel: 1 })).toBe('M0 14h5v1h-5z')
})

test('letteringColumns returns as many columns as fit into a width', () => {
  for (const width of [29, 30, 34, 35, 640]) {
    const columns = letteringColumns(width, 1)
    expect(measureLettering('x'.repeat(columns), 1).width).toBeLessThanOrEqual(width)
    expect(measureLettering('x'.repeat(columns + 1), 1).width).toBeGreaterThan(width)
  }
  expect(letteringColumns(1, 4)).toBe(1)
})

test.each([
  ['one two three', 7, 3, ['one two', 'three']],
  ['  one \n two ', 20, 3, ['one two']],
  ['abcdefghij k', 4, 3, ['abcd', 'efgh', 'ij k']],
  ['one two three four', 7, 2, ['one two', 'thre...']],
  ['one two three four', 9, 1, ['one tw...']],
  ['many words', 2, 1, ['..']],
  ['', 10, 2, []],
  ['über 猫', 20, 1, ['uber □']],
])('%j is broken into %i columns and %i lines', (text, columns, maxLines, lines) => {
  expect(wrapLettering(text, columns, maxLines)).toEqual(lines)
})

function path(text: string): string {
  return letteringPath(text, { x: 0, y: 0, pixel: 1 })
}

async function draw(text: string): Promise<string[]> {
  const sharp = await loadSharp()
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="6" height="9"><path d="${path(text)}"/></svg>`
  const { data } = await sharp(Buffer.from(svg))
    .ensureAlpha()
    .extractChannel('alpha')
    .raw()
    .toBuffer({ resolveWithObject: true })
  return Array.from({ length: 9 }, (_, row) =>
    [...data.subarray(row * 6, row * 6 + 6)].map((alpha) => (alpha > 127 ? '#' : '.')).join(''),
  )
}
