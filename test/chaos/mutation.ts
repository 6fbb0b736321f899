import type { Random } from '../../src/emulator/drawing/random.ts'

/** Bytes: the largest allowed manifest. */
const LARGEST = 1024 * 1024

/** Texts with a meaning in YAML, this project's fields, JavaScript or terminals. */
const SNIPPETS: readonly [string, ...string[]] = [
  '- ',
  '? ',
  ': ',
  ':',
  '-',
  '?',
  '#',
  ' #',
  '[',
  ']',
  '{',
  '}',
  ', ',
  '&a ',
  '*a',
  '*a ',
  '&a [*a]',
  '!!binary ',
  '!!set ',
  '!!omap ',
  '!!float ',
  '!<x> ',
  '! ',
  '|',
  '>',
  '|-9\n',
  '>+\n',
  '"',
  "'",
  '`',
  '@',
  '%YAML 1.1\n---\n',
  '%TAG ! tag:x,2000:\n---\n',
  '---\n',
  '...\n',
  '\n',
  '\r',
  '\r\n',
  '\t',
  '\n\t',
  ' ',
  '  ',
  '    ',
  '\u00a0',
  '\u2028',
  '\ufeff',
  '\u0000',
  '\u001b[2J',
  '\u202e',
  '\u200b',
  '\u0085',
  'e\u0301',
  '\ud83d\ude00',
  '<<: *a\n',
  '<<: [*a, *a]\n',
  '~',
  'null',
  'true',
  'no',
  'yes',
  '.nan',
  '.inf',
  '-.inf',
  '1e999',
  '-0',
  '0x10',
  '0o17',
  '1_000',
  '12:30:45',
  '2001-12-14',
  '9007199254740993',
  '1e-400',
  '0.1',
  '-1',
  '65536',
  '99999999',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'default',
  'class',
  'then',
  '${',
  '$${',
  '${look}',
  '${__proto__}',
  '${constructor}',
  '}',
  '${${look}}',
  '../',
  '../../../../etc/passwd',
  '/etc/passwd',
  './',
  '~/.ssh/id_rsa',
  'file:///etc/passwd',
  'http://127.0.0.1/',
  '#kira',
  '"#kira"',
  './case.image.yaml#kira',
  './case.image.yaml',
  'C:\\x',
  '\\\\host\\x',
  'images:\n',
  'images: ',
  '  kira:\n',
  '    prompt: x\n',
  'prompt: x\n',
  'defaults:\n',
  'vars:\n',
  'matrix: ',
  'references: ',
  'process: ',
  'output: ',
  'widths: ',
  'formats: ',
  'source: ',
  'n: ',
  'pick: ',
  'seed: ',
  'size: ',
  'aspectRatio: ',
  'providerOptions: ',
  'revision: ',
  'alt: ',
  'model: ',
  'quality: ',
  'placeholder: ',
  'resize: ',
  'composite: ',
  'extend: ',
  '16:9',
  '1:1',
  '512x512',
  '99999x99999',
  'original',
  'webp',
  'avif',
  'trim',
  'rotate',
  'blur',
  '{ width: 99999, height: 99999 }',
  '{ season: [spring, winter] }',
  '[original, 640]',
  'a'.repeat(300),
  '\u{1F600}'.repeat(50),
]

type Mutation = (text: string, random: Random, other: string) => string

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  (text, random) => {
    const [start, end] = span(text, random)
    return text.slice(0, start) + text.slice(end)
  },
  (text, random) => {
    const [start, end] = span(text, random)
    return text.slice(0, end) + text.slice(start, end) + text.slice(end)
  },
  (text, random) => insert(text, random, random.pick(SNIPPETS)),
  (text, random) => insert(text, random, random.pick(SNIPPETS)),
  (text, random) =>
    insert(text, random, random.pick(SNIPPETS) + random.pick(SNIPPETS) + random.pick(SNIPPETS)),
  (text, random) => {
    const [start, end] = span(text, random)
    return text.slice(0, start) + random.pick(SNIPPETS) + text.slice(end)
  },
  (text, random) => replaceToken(text, random, random.pick(SNIPPETS)),
  (text, random) => replaceToken(text, random, random.pick(SNIPPETS)),
  (text, random) => {
    const lines = text.split('\n')
    const from = random.integer(0, lines.length - 1)
    const [line = ''] = lines.splice(from, 1)
    lines.splice(random.integer(0, lines.length), 0, line)
    return lines.join('\n')
  },
  (text, random) => {
    const lines = text.split('\n')
    const index = random.integer(0, lines.length - 1)
    const line = lines[index] ?? ''
    const indent = ' '.repeat(random.integer(0, 9))
    lines[index] = random.next() < 0.5 ? indent + line : indent + line.trimStart()
    return lines.join('\n')
  },
  (text, random) => text.slice(0, random.integer(0, text.length)),
  (text, random, other) => {
    const [start] = span(text, random)
    const [, end] = span(other, random)
    return text.slice(0, start) + other.slice(end)
  },
  (text, random) => {
    const at = random.integer(0, text.length)
    return text.slice(0, at) + String.fromCharCode(random.integer(0, 0xffff)) + text.slice(at + 1)
  },
]

/** Now and then a great amount of one thing, on which parsers hang, run out of memory or overflow the stack. */
const FLOODS: readonly [Mutation, ...Mutation[]] = [
  (text, random) => insert(text, random, repeated(random.pick(SNIPPETS), random)),
  (text, random) =>
    insert(text, random, repeated(random.pick(SNIPPETS) + random.pick(SNIPPETS), random)),
  (text, random) => replaceToken(text, random, repeated(random.pick(SNIPPETS), random)),
  (text, random) => repeated(`${text}\n`, random),
  (_, random) => bomb(random.integer(2, 40), random.integer(2, 12)),
  (text, random) => {
    const count = random.integer(100, 20_000)
    return `${text}\n${Array.from({ length: count }, (__, index) => `k${index}: ${index}`).join('\n')}`
  },
  (_, random) => matrix(random.integer(1, 6), random.integer(1, 40)),
  (_, random) => widths(random.integer(1000, 100_000)),
]

/** The texts to mutate. */
export interface Seeds {
  readonly good: readonly [string, ...string[]]
  readonly bad: readonly [string, ...string[]]
}

/** A manifest that differs from a good one in some places, or is far from any. */
export function mutate({ good, bad }: Seeds, random: Random): Buffer {
  let text = random.pick(random.next() < 0.7 ? good : bad)
  const other = random.pick(good)
  const times = random.pick([1, 1, 1, 2, 3, 4])
  for (let time = 0; time < times; time++) text = random.pick(MUTATIONS)(text, random, other)
  if (random.next() < 0.04) text = random.pick(FLOODS)(text, random, other)
  const bytes = Buffer.from(text.slice(0, LARGEST + 10))
  if (random.next() < 0.03) bytes[random.integer(0, bytes.length)] = random.integer(0, 255)
  return bytes
}

function span(text: string, random: Random): readonly [start: number, end: number] {
  const start = random.integer(0, text.length)
  return [start, Math.min(text.length, start + random.integer(1, 60))]
}

function insert(text: string, random: Random, snippet: string): string {
  const at = random.integer(0, text.length)
  return text.slice(0, at) + snippet + text.slice(at)
}

/** Replaces a word or number, so that the rest stays the same. */
function replaceToken(text: string, random: Random, replacement: string): string {
  const tokens = [...text.matchAll(/[\w.#/-]+/g)]
  const token = tokens[random.integer(0, tokens.length - 1)]
  if (token === undefined) return replacement
  return text.slice(0, token.index) + replacement + text.slice(token.index + token[0].length)
}

function repeated(snippet: string, random: Random): string {
  const length = 10 ** random.between(2, 6.02)
  return snippet.repeat(Math.max(1, Math.floor(length / snippet.length)))
}

function bomb(levels: number, width: number): string {
  const lines = ['a0: &a0 [x, x]']
  for (let level = 1; level < levels; level++) {
    const aliases = Array.from({ length: width }, () => `*a${level - 1}`)
    lines.push(`a${level}: &a${level} [${aliases.join(', ')}]`)
  }
  return `images:\n  kira: { prompt: x }\n${lines.join('\n')}\n`
}

function matrix(variables: number, values: number): string {
  const names = Array.from({ length: variables }, (_, index) => `v${index}`)
  const list = `[${Array.from({ length: values }, (_, index) => index).join(', ')}]`
  const written = names.map((name) => `\${${name}}`).join('-')
  return `images:\n  "t-${written}":\n    prompt: tile ${written}\n    matrix: { ${names
    .map((name) => `${name}: ${list}`)
    .join(', ')} }\n`
}

function widths(count: number): string {
  const list = Array.from({ length: count }, (_, index) => 1 + (index % 16_000))
  return `images: { kira: { prompt: x, alt: "", output: { widths: [${list.join(',')}] } } }\n`
}
