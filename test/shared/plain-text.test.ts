import { describe, expect, it } from 'vitest'
import { ImagegenError } from '../../src/shared/errors.ts'
import { codeFrame } from '../../src/shared/place.ts'
import {
  frameLine,
  inOneLine,
  plainText,
  printable,
  printableJson,
  sentence,
  visible,
  withoutUnsafe,
} from '../../src/shared/plain-text.ts'

/** Everything that controls a terminal, changes the direction of text, or counts as a line break in some programs. */
const UNSAFE = [
  ...Array.from({ length: 32 }, (_, code) => code),
  0x7f,
  ...Array.from({ length: 32 }, (_, code) => 0x80 + code),
  0x061c,
  0x200e,
  0x200f,
  0x2028,
  0x2029,
  0x202a,
  0x202b,
  0x202c,
  0x202d,
  0x202e,
  0x2066,
  0x2067,
  0x2068,
  0x2069,
].map((code) => String.fromCharCode(code))

const without = (...kept: readonly string[]): string[] =>
  UNSAFE.filter((character) => !kept.includes(character))

describe('text from other sources', () => {
  it.each([
    ['plainText', plainText, UNSAFE],
    ['visible', visible, UNSAFE],
    ['inOneLine', inOneLine, UNSAFE],
    ['withoutUnsafe', withoutUnsafe, UNSAFE],
    ['sentence', sentence, without('\t')],
    ['frameLine', frameLine, without('\t')],
    ['printable', printable, without('\n', '\t')],
    ['printableJson', printableJson, without('\n')],
  ] as const)('has no unsafe character behind `%s`', (_, change, gone) => {
    const text = change(UNSAFE.map((character) => `a${character}b`).join(''))
    expect(gone.filter((character) => text.includes(character))).toEqual([])
    expect(text).toContain('a')
  })

  it('keeps letters of every script, and their joiners', () => {
    const text = '雪 Снег ثلج 👩‍🎨 می‌خواهم "quoted" #tag a::b'
    for (const change of [plainText, inOneLine, sentence, frameLine, printable, printableJson]) {
      expect(change(text)).toBe(text)
    }
  })
})

describe('printed text', () => {
  it.each([
    '::error file=a.ts::broken',
    '   ::set-output name=a::b',
    '\t::add-mask::x',
    '\u00a0::stop-commands::x',
    'first\n::error::second',
    'first\r\n::error::second',
    'first\u2028::error::second',
    '##[error]broken',
    'in a line ##[command]rm',
    '##vso[task.setvariable variable=a]b',
    'x ##vso[task.complete result=Failed;]',
    "##teamcity[message text='a']",
    '###[error]three',
  ])('contains no workflow command: %j', (text) => {
    const printed = printable(text)
    expect(printed).not.toMatch(/^\s*::/m)
    expect(printed).not.toMatch(/##\w*\[/)
  })

  it('keeps line breaks, tabs and indentation', () => {
    const text = 'a\n  b\n\n\tc: d\n> 3 | ::not a command\n'
    expect(printable(text)).toBe(text)
  })

  it('shows an escape sequence as text', () => {
    expect(printable('\u001b]0;owned\u0007')).toBe(String.raw`\u001b]0;owned\u0007`)
  })
})

describe('printed JSON', () => {
  it('has the same value', () => {
    const value = { [UNSAFE.join('x')]: ['##vso[a]', '##[b]', '###teamcity[c]', '::error', '#1'] }
    const text = printableJson(JSON.stringify(value, undefined, 2))
    expect(JSON.parse(text)).toEqual(value)
    expect(text).not.toMatch(/##\w*\[/)
  })
})

describe('an error', () => {
  it('is made of a text with 100,000 blanks as of any other', () => {
    const blanks = ' '.repeat(100_000)
    const { message } = new ImagegenError('manifest', { message: `a${blanks}b \n c${blanks}` })
    expect(message).toBe(`a${blanks}b c${blanks}`)
  })

  const hostile = 'a\n::error::forged\u001b[2Jb\r\u202e'

  it.each([
    ['message', { message: `no ${hostile}` }],
    ['hint', { message: 'no', hint: `try ${hostile}` }],
    ['file', { message: 'no', place: { file: hostile, line: 1, column: 1, frame: '' } }],
    [
      'frame',
      { message: 'no', place: { file: 'a', line: 1, column: 1, frame: codeFrame(hostile, 1, 1) } },
    ],
  ])('is safe to print for hosts when its %s contains foreign text', (_, problem) => {
    const { message } = new ImagegenError('manifest', problem)
    expect(message).not.toMatch(/^\s*::/m)
    expect(without('\n').filter((character) => message.includes(character))).toEqual([])
  })

  it('has only its own lines', () => {
    const place = { file: 'a\nb', line: 1, column: 1, frame: '> 1 | x' }
    const { message } = new ImagegenError('manifest', { message: 'c\nd', place, hint: 'e\nf' })
    expect(message).toBe('a\\u000ab:1:1  c d\n> 1 | x\n  → e f')
  })
})
