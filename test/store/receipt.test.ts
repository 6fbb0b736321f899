import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { digest, sha256 } from '../../src/shared/hash.ts'
import {
  formatReceipt,
  parseReceipt,
  receiptFileText,
  type Receipt,
} from '../../src/store/receipt.ts'
import { formatted } from '../formatted.ts'
import { KEY, TIME } from './samples.ts'

const receipt: Receipt = {
  version: 1,
  key: KEY,
  recipe: { prompt: 'Portrait of Kira' },
  name: 'kira',
  inputs: [],
  provider: 'minimax',
  model: 'image-01',
  responseId: null,
  usd: null,
  time: TIME,
  sha256: sha256('bytes'),
  bytes: 210_000,
  mediaType: 'image/jpeg',
  width: 1024,
  height: 1024,
  seed: 7,
}

test('a formatted receipt is parsed unchanged and has one spelling', () => {
  const text = formatReceipt(receipt)
  expect(parseReceipt(text)).toEqual({ receipt })
  expect(text.endsWith('}\n')).toBe(true)
  const turned = Object.fromEntries(Object.entries(receipt).reverse()) as unknown as Receipt
  expect(formatReceipt(turned)).toBe(text)
})

test('Prettier with its default settings does not change a receipt file, and it parses the same', () => {
  const detailed: Receipt = {
    ...receipt,
    recipe: {
      prompt: 'Portrait of Kira, a young cartographer, '.repeat(5),
      references: [{ file: sha256('a') }, { file: sha256('b'), type: 'character' }],
      providerOptions: { styles: ['flat', 'muted'], weights: [0.5, 1e21, 3], empty: [] },
    },
    inputs: [{ reference: './face.png', sha256: sha256('a') }],
    usd: 0.0035,
  }
  for (const each of [receipt, detailed]) {
    const text = receiptFileText(each)
    expect(formatted('kira.json', text)).toBe(text)
    expect(parseReceipt(text)).toEqual({ receipt: each })
  }
})

test("a receipt's text in a remote is the same in every version, because slots are compared by it", () => {
  const text = formatReceipt({ ...receipt, recipe: { weights: [1, 2] } })
  expect(text).toContain('"weights": [\n      1,\n      2\n    ]')
  expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`)
})

test('line endings of another system do not matter', () => {
  expect(parseReceipt(formatReceipt(receipt).replaceAll('\n', '\r\n'))).toEqual({ receipt })
})

const nested = (levels: number): unknown => (levels === 0 ? 1 : { deeper: nested(levels - 1) })

test.each([
  ['a version of the future', { version: 3 }, 'unknown-version'],
  ['no version', { version: undefined }, 'damaged'],
  ['an invalid key', { key: '../../x' }, 'damaged'],
  ['a hash in capitals', { sha256: sha256('bytes').toUpperCase() }, 'damaged'],
  ['a media type with path parts', { mediaType: '../../../x' }, 'damaged'],
  ['no pixels', { width: 0 }, 'damaged'],
  ['bytes that are not a number', { bytes: '210000' }, 'damaged'],
  ['more bytes than can be counted', { bytes: 1e300 }, 'damaged'],
  ['a recipe that is a list', { recipe: [] }, 'damaged'],
  ['a recipe too deep to walk', { recipe: nested(200) }, 'damaged'],
  ['a seed that is not whole', { seed: 0.5 }, 'damaged'],
  ['a price below nothing', { usd: -1 }, 'damaged'],
  ['a day that does not exist', { time: '2026-13-45T00:00:00.000Z' }, 'damaged'],
  ['a time of another zone', { time: '2026-11-22T08:00:00.000+01:00' }, 'damaged'],
  ['a name that turns a terminal around', { name: 'kira\u202E' }, 'damaged'],
  ['a name with an escape sequence', { name: 'kira\u001B[2J' }, 'damaged'],
  ['an endless name', { name: 'x'.repeat(10_000) }, 'damaged'],
  ['inputs without a hash', { inputs: [{ reference: './face.png' }] }, 'damaged'],
])('%s is refused', (_, change, fault) => {
  const content = { ...receipt, ...change }
  const text = JSON.stringify({ ...content, checksum: digest(content) })
  expect(parseReceipt(text)).toMatchObject({ fault })
})

test('a flipped bit is noticed wherever it changes the content', () => {
  const text = formatReceipt(receipt)
  for (let bit = 0; bit < text.length * 8; bit++) {
    const bytes = Buffer.from(text)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    const reading = parseReceipt(bytes.toString('utf8'))
    if ('receipt' in reading) expect(reading.receipt).toEqual(receipt)
  }
})

test('a merge conflict is distinguished from damage', () => {
  const text = formatReceipt(receipt).replace(
    '  "seed": 7',
    '<<<<<<< HEAD\n  "seed": 7\n=======\n  "seed": 8\n>>>>>>> other',
  )
  expect(parseReceipt(text)).toMatchObject({ fault: 'conflict' })
})

test('prototypes cannot be changed', () => {
  const text = formatReceipt(receipt).replace('{', '{"__proto__":{"polluted":1},"constructor":1,')
  const reading = parseReceipt(text)
  expect(reading).toEqual({ receipt })
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('nesting that would overflow the stack is refused', () => {
  const recipe = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
  const text = JSON.stringify({ ...receipt, recipe: 0 }).replace('"recipe":0', `"recipe":${recipe}`)
  expect(parseReceipt(text)).toMatchObject({ fault: 'damaged' })
})

test('no text makes parsing throw', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((json) => `{"version":1,"key":${json}}`),
  )
  fc.assert(
    fc.property(texts, (text) => {
      expect(parseReceipt(text)).toHaveProperty('fault')
    }),
  )
})
