import { expect, test } from 'vitest'
import { escapeVariables, substitute } from '../../src/manifest/resolve/variables.ts'

/** `a40` contains `a39` twice, and so on: 2^40 times the first. */
function doubling(first: string): Map<string, string> {
  const levels = Array.from({ length: 40 }, (_, level): [string, string] => [
    `a${level + 1}`,
    `\${a${level}}\${a${level}}`,
  ])
  return new Map([['a0', first], ...levels])
}

test.each([
  ['x'.repeat(1000), /longer than 100000 characters/],
  ['x', /More than 10000 variables/],
  ['', /More than 10000 variables/],
])('variables that contain each other twice (%j) fail quickly', (first, message) => {
  expect(() => substitute('${a40}', doubling(first))).toThrow(message)
})

test('a thousand variables in one text are filled in', () => {
  const text = Array.from({ length: 1000 }, () => '${look}').join(' ')
  expect(substitute(text, new Map([['look', 'ink']]))).toBe(text.replaceAll('${look}', 'ink'))
})

test.each(['${x}', '$${x}', '${a ${b} c}', '${open', '$$', '${}${', 'a ${x} b ${y} $', '$${${x}}'])(
  'text from elsewhere is the same after escaping: %j',
  (text) => {
    expect(substitute(escapeVariables(text), new Map([['x', 'no']]))).toBe(text)
  },
)

test('any text of these characters is the same after escaping', () => {
  const characters = ['$', '{', '}', 'x', ' ']
  let texts = ['']
  for (let length = 0; length < 6; length++) {
    texts = texts.flatMap((text) => characters.map((character) => text + character))
  }
  const changed = texts.filter(
    (text) => substitute(escapeVariables(text), new Map([['x', 'no']])) !== text,
  )
  expect(changed).toEqual([])
})
