import { assert, constantFrom, property, string } from 'fast-check'
import { marked } from 'marked'
import { describe, expect, it } from 'vitest'
import { documentOf, literal } from '../../src/studio/report/markdown.ts'

/** What a browser shows of HTML in which nothing is markup but what a table of code needs. */
function shownBy(markdown: string): string[] {
  const html = marked.parse(markdown, { gfm: true, async: false })
  const cells = [...html.matchAll(/<td>([^]*?)<\/td>/g)].map(([, cell = '']) => cell)
  return cells.map((cell) => {
    const text = cell.replaceAll(/<\/?code>/g, '')
    expect(text).not.toMatch(/[<>]/)
    return text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
      .replaceAll('&amp;', '&')
  })
}

function tableOf(...texts: string[]): string {
  const items = texts.map((text) => [[literal(text)]])
  return documentOf(['# Title'], { head: ['text'], items }, 60_000, () => 'more')
}

const HOSTILE = [
  '<script>alert(1)</script> <img src=x onerror=alert(1)>',
  '@octocat, @org/team and a@example.com',
  '#12, GH-12, owner/name#12, 0123456789abcdef0123456789abcdef01234567',
  'https://example.com/?a=1&b=2 and www.example.com',
  '[a link](https://example.com) ![an image](https://example.com/a.png)',
  '**bold** _it_ ~~gone~~ `code` ``two`` :smile:',
  'a | b \\| c \\\\| d || e |',
  '| --- |',
  '`',
  '``` `a',
  '\\',
  '\\|',
  'ends with \\',
  '&lt;b&gt; &amp; &#64;octocat',
  '- [ ] a task',
  '$x^2$ <!-- hidden -->',
]

describe('a text in a table of Markdown', () => {
  it.each(HOSTILE)('shows exactly its characters: %s', (text) => {
    expect(shownBy(tableOf(text))).toEqual([text])
  })

  it('is code or an entity as a whole, where no mention, issue or address is looked for', () => {
    for (const text of HOSTILE) {
      const html = marked.parse(literal(text), { async: false })
      expect(html.replaceAll(/<code>[^<]*<\/code>|&#92;|\\/g, '').trim()).toBe('<p></p>')
    }
  })

  it('has its line breaks as blanks, and escapes for what shows nothing', () => {
    expect(shownBy(tableOf('a\r\n  b\n\nc\td', 'a\u202eb\u0007'))).toEqual([
      'a b c d',
      String.raw`a\u202eb\u0007`,
    ])
  })

  it('stays in its cell, whatever it is', () => {
    const text = string({
      unit: constantFrom(...'`|\\ <>&@#*_[]()!~-\n:/a', '😀'),
      maxLength: 40,
    })
    assert(
      property(text, text, (one, other) => {
        const shown = [one, other].map((each) => each.replaceAll(/\s*\n\s*/g, ' '))
        const expected = shown.map((each) => (each.trim() === '' ? '(empty)' : each))
        const cells = shownBy(tableOf(one, other))
        expect(cells.map((cell) => cell.trim())).toEqual(expected.map((each) => each.trim()))
      }),
      { numRuns: 500 },
    )
  })

  it('is cut off within 100,000 blanks', () => {
    expect(literal(`a${' '.repeat(100_000)}b`)).toBe(`\`a${' '.repeat(598)}…\``)
  })

  it('is cut off if it is very long, and between two characters', () => {
    const [shown = ''] = shownBy(tableOf('😀'.repeat(1000)))
    expect(shown.length).toBeLessThanOrEqual(600)
    expect(shown.endsWith('😀…')).toBe(true)
  })
})

describe('a document with a table', () => {
  const items = Array.from({ length: 200 }, (_, index) => [[`row ${index}`], ['more of it']])
  const rest = (more: number): string => `… and ${more} more images`

  it('is cut off between two items, with how many more there are', () => {
    const text = documentOf(['# Title'], { head: ['text'], items }, 1000, rest)
    expect(text.length).toBeLessThanOrEqual(1000)
    const [, more] = /… and (\d+) more images\n$/.exec(text) ?? []
    const shown = text.match(/row \d+/g) ?? []
    expect(shown.length).toBeGreaterThan(10)
    expect(shown.length + Number(more)).toBe(200)
    expect(text.match(/more of it/g)).toHaveLength(shown.length)
  })

  it('says nothing of a rest if it is whole', () => {
    expect(documentOf(['# Title'], { head: ['text'], items }, 60_000, rest)).not.toContain('…')
  })
})
