import { describe, expect, test } from 'vitest'
import { parseManifest } from '../../src/manifest/read/parse.ts'
import { ImagegenError } from '../../src/shared/errors.ts'
import { readFiles, summaries } from './reading.ts'

function problemsOf(text: string): ImagegenError {
  try {
    parseManifest(text, 'a.image.yaml')
  } catch (error) {
    if (error instanceof ImagegenError) return error
    throw error
  }
  throw new Error('no problem was found')
}

describe('the problems of a manifest', () => {
  test('are collected in one report, in file order, with frames and advice', () => {
    const error = problemsOf(
      [
        'images:',
        '  kira:',
        '    promt: "a portrait"',
        '    n: 0',
        '  hero:',
        '    prompt: ok',
        '    size: 512x512',
        '    aspectRatio: 1:1',
        '    output: { formats: [webpp] }',
      ].join('\n'),
    )
    expect(error.code).toBe('manifest')
    expect(summaries(error.problems)).toEqual([
      'a.image.yaml:3:5 Unknown field `promt`.',
      'a.image.yaml:4:8 `n`: expected at least 1, got 0.',
      'a.image.yaml:7:5 Both `aspectRatio` and `size` are given.',
      'a.image.yaml:9:25 `output.formats.0`: expected one of `avif`, `webp`, `jpeg`, `png`, `gif`, `jxl`, got "webpp".',
    ])
    expect(error.problems.map(({ hint }) => hint)).toEqual([
      'Did you mean `prompt`?',
      undefined,
      'Keep one of the two.',
      'Did you mean `webp`?',
    ])
    expect(error.problems[0]?.place?.frame).toBe(
      [
        '  1 | images:',
        '  2 |   kira:',
        '> 3 |     promt: "a portrait"',
        '    |     ^',
        '  4 |     n: 0',
      ].join('\n'),
    )
  })

  test.each([
    ['images: [', /Not valid YAML/],
    ['images:\n  a:\n   prompt: "x', /Not valid YAML.*quote/],
    ['images:\n\ta: x', /Not valid YAML|tab/i],
    ['- a\n- b', /map with `images:` or `prompt:`.*not a list/],
    ['', /map with `images:` or `prompt:`/],
    ['42', /not the number 42/],
    ['images: []', /`images`: expected a map, got a list/],
    ['prompt: x\naspectRatio: 16/9', /expected two numbers and a colon, such as 16:9, got "16\/9"/],
    ['prompt: x\nsize: 512*512', /expected width and height in pixels, such as 1280x720, got/],
    ['prompt: x\nvars: { 2d: y }', /expected a name of letters, digits and _/],
    ['images:\n  a: null', /`?This`?: expected a map, got nothing/],
    ['defaults: {}\nprompt: x', /needs `images:`/],
    ['images:\n  a: { prompt: x }\n  a: { prompt: y }', /`a` is written twice/],
    ['images:\n  "e\u0301": { prompt: x }\n  "\u00e9": { prompt: y }', /is written twice/],
    ['images:\n  default: { prompt: x }', /`default` cannot name an image/],
    ['images:\n  __proto__: { prompt: x }', /`__proto__` cannot name an image/],
    ['images:\n  ../up: { prompt: x }', /cannot name an image/],
    ['images:\n  "a\\u202eb": { prompt: x }', /`a\\u202eb` cannot name an image/],
    ['images:\n  "a\\u0007": { prompt: x }', /`a\\u0007` cannot name an image/],
    ['vars: { constructor: x }\nimages: {}', /`constructor` cannot be a name here/],
    ['images:\n  a: { prompt: x, providerOptions: { __proto__: 1 } }', /`__proto__` cannot be/],
    ['images:\n  ? [a]\n  : { prompt: x }', /A key must be plain text/],
    ['images:\n  a: { prompt: !!binary aGk= }', /`prompt`: expected text, got a map/],
    ['images:\n  a: { prompt: !mine x }', /Not valid YAML: Unresolved tag/],
    ['images:\n  a: { prompt: x, seed: 99999999999999999999 }', /`seed`/],
    ['images:\n  a: { prompt: x, seed: .inf }', /`seed`/],
    ['images:\n  a: { prompt: x, references: [#b]\n}', /Not valid YAML/],
    ['images:\n  a: { prompt: *nowhere }', /nowhere/],
  ])('%j', (text, message) => {
    const error = problemsOf(text)
    expect(error.message).toMatch(message)
    expect(error.problems[0]?.place?.line).toBeGreaterThan(0)
  })

  test.each([
    ['images: { a: { prompt: a ${look} b, alt: x } }', '`${` must be in quotes'],
    ['prompt: x\nreferences: [#kira]\nalt: y\n', '`"#name"`'],
    ['prompt: x\n---\nprompt: y', 'A manifest is one document'],
    ['x: &x { prompt: p }\nimages: { a: { <<: *x } }', 'Merge keys belong to YAML 1.1'],
  ])('are a single report with advice for one mistake: %j', (text, advice) => {
    const error = problemsOf(text)
    expect(error.message).toContain(advice)
    expect(error.problems.filter(({ message }) => message.startsWith('Not valid'))).toHaveLength(
      error.message.includes('Not valid') ? 1 : 0,
    )
  })

  test('every unknown field of a map is named', () => {
    const error = problemsOf('prompt: x\naltt: y\nsede: 7\noutput: { widhts: [1], fitt: cover }')
    expect(error.problems.map(({ hint }) => hint)).toEqual([
      'Did you mean `alt`?',
      'Did you mean `seed`?',
      'Did you mean `widths`?',
      'Did you mean `fit`?',
    ])
  })

  test('an unquoted reference gets the advice to quote it', () => {
    const error = problemsOf('images:\n  a:\n    prompt: x\n    references:\n      - #kira\n')
    expect(error.message).toContain('a.image.yaml:5:9')
    expect(error.message).toContain('Put the reference in quotes: `"#name"`')
  })

  test('a misspelt nested name gets a suggestion from the names known there', () => {
    const error = problemsOf(
      'prompt: x\nprocess: [{ resize: { widht: 64 } }]\noutput: { qualty: 3 }',
    )
    expect(error.problems.map(({ hint }) => hint)).toEqual([
      'Did you mean `width`?',
      'Did you mean `quality`?',
    ])
  })
})

describe('manifests that would exhaust time or memory', () => {
  const bomb = [
    'x0: &x0 [a, a, a, a, a, a, a, a, a]',
    ...Array.from({ length: 9 }, (_, index) => {
      const alias = `*x${index}`
      return `x${index + 1}: &x${index + 1} [${Array.from({ length: 9 }, () => alias).join(', ')}]`
    }),
  ].join('\n')
  test.each([
    ['an alias bomb', bomb, /too many aliases/],
    ['brackets on one line', `a: ${'['.repeat(500_000)}`, /levels deep/],
    ['brackets on many lines', `a: ${'[\n '.repeat(300_000)}`, /levels deep/],
    ['maps in maps', `a: ${'{a: '.repeat(200_000)}`, /levels deep/],
    ['dashes', '- '.repeat(500_000), /levels deep/],
    ['question marks', '? '.repeat(500_000), /levels deep/],
    [
      'indentation',
      Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      /levels deep/,
    ],
  ])('%s', (_, text, message) => {
    expect(problemsOf(text).message).toMatch(message)
  })

  test('a manifest of many thousand images is parsed; its keys are compared in linear time', () => {
    const images = Array.from({ length: 20_000 }, (_, index) => `  i${index}: { prompt: p }`)
    expect(parseManifest(`images:\n${images.join('\n')}`, 'a').images).toHaveLength(20_000)
  })

  test.each([
    ['repeated keys', 'a: 1\n'.repeat(20_000)],
    [
      'a list of invalid values',
      `images: { a: { prompt: x, output: { widths: [${'x,'.repeat(40_000)}] } } }`,
    ],
    [
      'unknown fields',
      `images:\n  a:\n${Array.from({ length: 20_000 }, (_, index) => `    f${index}: 1\n`).join('')}`,
    ],
  ])('%s are reported as fifty problems, not thousands', (_, text) => {
    expect(problemsOf(text).problems.length).toBeLessThanOrEqual(50)
  })

  test.each([
    ['lines', '\n', /^The manifest has more than 75,000 line breaks and commas\./],
    ['numbers', '1,', /^The manifest has more than 75,000 line breaks and commas\./],
    ['values', '- [a] ', /^The manifest has more than 120,000 line breaks, commas, brackets/],
    ['quotes', '"" ', /^The manifest has more than 120,000 line breaks, commas, brackets/],
  ])('too many %s are refused before parsing', (_, mark, message) => {
    const { problems } = problemsOf(`prompt: x\n${mark.repeat(130_000)}`)
    expect(problems[0]?.message).toMatch(message)
    expect(problems[0]?.place?.line).toBeGreaterThan(1)
  })

  test('nested maps without indentation, which only the parser sees, are refused', () => {
    const text = `  a: x\n${'    p: x\n'.repeat(50_000)}b: 1\n`
    expect(summaries(problemsOf(text).problems)).toEqual([
      'a.image.yaml:1:1 The manifest is nested more than 64 levels deep.',
    ])
  })

  test('endless braces on one broken line are refused', () => {
    const { problems } = problemsOf(`a: [${'{ b: 1 }#c '.repeat(15_000)}`)
    expect(problems[0]?.message).toMatch(/^Not valid YAML/)
  })

  test('a very long misspelt name gets no suggestion', () => {
    const [problem] = problemsOf(`images: { a: { ${'p'.repeat(900_000)}: x } }`).problems
    expect(problem?.message).toMatch(/^Unknown field `p+/)
    expect(problem?.hint).not.toContain('Did you mean')
  })

  test('a file over 1 MiB, and bytes that are not UTF-8, are refused', async () => {
    const { problems } = await readFiles({
      'big.image.yaml': `prompt: ${'x'.repeat(1024 * 1024)}`,
      'latin.image.yaml': Uint8Array.from([0x70, 0x3a, 0x20, 0xff, 0xfe]),
    })
    expect(summaries(problems)).toEqual([
      'big.image.yaml:1:1 The manifest has 1048584 bytes; the limit is 1048576 (1 MiB).',
      'latin.image.yaml:1:1 The manifest is not valid UTF-8.',
    ])
  })

  test('brackets in prose do not count as nesting', () => {
    const prose = Array.from({ length: 200 }, (_, index) => `  i${index}: { prompt: "a [ b {" }`)
    expect(parseManifest(`images:\n${prose.join('\n')}`, 'a').images).toHaveLength(200)
  })
})

test('`constructor` and names in any script are valid', () => {
  const { images } = parseManifest(
    'images:\n  constructor: { prompt: x }\n  木: { prompt: y }\n  हिन्दी.a_1-b: { prompt: z }',
    'a',
  )
  expect(images.map(({ name }) => name)).toEqual(['constructor', '木', 'हिन्दी.a_1-b'])
})
