import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { prettierJson } from '../../src/shared/prettier-json.ts'
import { formatted } from '../formatted.ts'

test('arrays take one line where they fit, objects always several', () => {
  const value = {
    kind: 'x',
    references: ['./a.png', './b.png'],
    inputs: [{ reference: './a.png', sha256: '0'.repeat(8) }],
    long: ['x'.repeat(40), 'y'.repeat(40)],
    table: [
      [1, 2],
      [3, 4],
    ],
    empty: [{}, []],
  }
  expect(prettierJson(value)).toBe(`{
  "kind": "x",
  "references": ["./a.png", "./b.png"],
  "inputs": [
    {
      "reference": "./a.png",
      "sha256": "00000000"
    }
  ],
  "long": [
    "${'x'.repeat(40)}",
    "${'y'.repeat(40)}"
  ],
  "table": [
    [1, 2],
    [3, 4]
  ],
  "empty": [{}, []]
}
`)
})

test('Prettier with its default settings does not change any value', () => {
  const texts = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom('x'.repeat(70), '日本語'.repeat(8), 'é'.repeat(30)),
  )
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      texts,
      fc.constantFrom(null, true, false),
      fc.array(tie('value'), { maxLength: 6 }),
      fc.array(fc.integer(), { maxLength: 120 }),
      fc.dictionary(texts, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    ),
  }))
  const values = fc.sample(value, 1000)
  const text = prettierJson({ values: values.map((each) => ({ each })) })
  expect(formatted('values.json', text)).toBe(text)
  expect(JSON.parse(text)).toEqual(
    JSON.parse(JSON.stringify({ values: values.map((each) => ({ each })) })),
  )
})
