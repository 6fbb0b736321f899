import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, digest, sha256 } from '../../src/shared/hash.ts'

describe('canonicalJson', () => {
  test('sorts by UTF-16 code units and prints numbers as RFC 8785 does', () => {
    // The RFC's own examples, section 3.2.3 and appendix B.
    expect(
      canonicalJson({
        '\u20ac': 'Euro Sign',
        '\r': 'Carriage Return',
        '\ufb33': 'Hebrew Letter Dalet With Dagesh',
        '1': 'One',
        '\ud83d\ude00': 'Emoji: Grinning Face',
        '\u0080': 'Control',
        '\u00f6': 'Latin Small Letter O With Diaeresis',
      }),
    ).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis",' +
        '"\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    )
    expect(canonicalJson([333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    )
  })

  test('is sorted where the engine orders keys differently', () => {
    expect(canonicalJson({ 9: { a: 1 }, 10: [{ b: 2, a: 1 }] })).toBe(
      '{"10":[{"a":1,"b":2}],"9":{"a":1}}',
    )
    const nothing = Object.assign(Object.create(null) as object, { b: 1, a: 2 })
    expect(canonicalJson({ a: nothing, toJSON: 'x' })).toBe('{"a":{"a":2,"b":1},"toJSON":"x"}')
    expect(canonicalJson({ a: new Date(0) })).toBe('{"a":{}}')
  })

  test('is JSON of the same value, whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(value))).toBe(text)
      }),
    )
  })

  test('omits undefined members and refuses values that JSON does not have', () => {
    expect(canonicalJson({ a: undefined, b: [null, true] })).toBe('{"b":[null,true]}')
    for (const value of [Number.NaN, Infinity, undefined, () => 1, Symbol('x'), 1n]) {
      expect(() => canonicalJson([value])).toThrow(TypeError)
    }
  })
})

test('digests are hex SHA-256', () => {
  const expected = createHash('sha256').update('[1,"é"]').digest('hex')
  expect(digest([1, 'é'])).toBe(expected)
  expect(sha256('[1,"é"]')).toBe(expected)
  expect(sha256(Buffer.from('[1,"é"]'))).toBe(expected)
})

/** The same value with the members of every object in reverse order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, member]) => [name, reversed(member)] as const)
  return Object.fromEntries(entries.toReversed())
}
