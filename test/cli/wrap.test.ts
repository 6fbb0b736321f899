import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnsOf, fit, padColumns, wrap } from '../../src/cli/terminal/wrap.ts'

/** Numbers as commands print them: prices, dates, times, sizes, digests and counts. */
const numbers = fc.oneof(
  fc.double({ min: 0, max: 99_999, noNaN: true }).map((usd) => `${usd} USD`),
  fc.date({ noInvalidDate: true, min: new Date(0) }).map((date) => date.toISOString()),
  fc.tuple(fc.nat(9999), fc.nat(9999)).map(([width, height]) => `${width}x${height}`),
  fc.nat().map((seed) => `seed ${seed}`),
  fc.tuple(fc.nat(40), fc.nat(40)).map(([index, total]) => `${index}/${total}`),
)
const ids = fc
  .tuple(
    fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 6 }),
    fc.stringMatching(/^[a-z]{1,8}(-[0-9]{1,12}){0,3}$/),
  )
  .map(([folders, name]) => `${folders.join('/')}.image.yaml#${name}`)
const words = fc.oneof(numbers, ids, fc.stringMatching(/^\S{1,20}$/), fc.constant(''))
const lines = fc
  .tuple(fc.nat(8), fc.array(words, { maxLength: 30 }))
  .map(([blanks, some]) => ' '.repeat(blanks) + some.join(' '))

/** The numbers of a text, with what belongs to them. */
function numbersIn(text: string): string[] {
  return [...text.matchAll(/\d[\d.,:x/TZ-]*\d|\d/g)].map(([number]) => number)
}

describe('a text in a narrow terminal', () => {
  it('keeps every number in one line, and loses nothing', () => {
    fc.assert(
      fc.property(
        fc.array(lines, { maxLength: 5 }),
        fc.integer({ min: 40, max: 200 }),
        (all, columns) => {
          const text = all.join('\n')
          const shown = wrap(text, columns)
          expect(shown.replaceAll(/\s+/g, '')).toBe(text.replaceAll(/\s+/g, ''))
          expect(shown.split('\n').flatMap(numbersIn)).toEqual(text.split('\n').flatMap(numbersIn))
          expect(shown).not.toMatch(/\d\s*\n\s*USD/)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('has no line that is wider than the terminal, where its words are not', () => {
    fc.assert(
      fc.property(
        fc.array(numbers, { minLength: 1 }),
        fc.integer({ min: 50, max: 200 }),
        (some, columns) => {
          for (const line of wrap(some.join(' '), columns).split('\n')) {
            expect(columnsOf(line)).toBeLessThanOrEqual(columns)
          }
        },
      ),
    )
  })

  it('is cut between words where it must stay in one line', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 40, max: 100 }), (line, columns) => {
        const shown = fit(line, columns)
        expect(columnsOf(shown)).toBeLessThanOrEqual(columns)
        if (shown === line) return
        const kept = shown.slice(0, -1)
        expect(line.startsWith(kept)).toBe(true)
        expect(`${kept.at(-1)}${line[kept.length]}`).not.toMatch(/\d\d/)
      }),
    )
  })

  it('changes no line that fits', () => {
    fc.assert(
      fc.property(lines, (line) => {
        expect(wrap(line, Math.max(1, columnsOf(line)))).toBe(line)
        expect(wrap(line, Infinity)).toBe(line)
      }),
    )
  })

  it('indents what follows like the column that it belongs to', () => {
    expect(wrap('  --json     print the result as JSON on standard output', 40)).toBe(
      '  --json     print the result as JSON on\n             standard output',
    )
    expect(wrap('12 images: 9 current, 3 missing. To make: 3 pictures for 0.0105 USD.', 60)).toBe(
      '12 images: 9 current, 3 missing. To make: 3 pictures for\n  0.0105 USD.',
    )
  })

  it('breaks a long id before a folder or its name, never in its number', () => {
    expect(wrap(`worlds/${'a'.repeat(20)}/${'b'.repeat(20)}/tiles.image.yaml#tile-0012`, 40)).toBe(
      `worlds/${'a'.repeat(20)}/\n  ${'b'.repeat(20)}/tiles.image.yaml#\n  tile-0012`,
    )
  })

  it('counts columns as a terminal does', () => {
    expect(columnsOf('\u001b[32mmade\u001b[39m')).toBe(4)
    expect(columnsOf('城 e\u0301')).toBe(4)
    expect(padColumns('城', 4)).toBe('城  ')
  })
})
