import { expect, test } from 'vitest'
import { composeManifest, plainLines } from '../../src/manifest/edit/compose.ts'
import { warningsOf } from '../../src/manifest/manifest.ts'
import { normaliseText } from '../../src/manifest/resolve/merge-settings.ts'
import { readFiles } from './reading.ts'

const AWKWARD = [
  'a plain fox',
  'brand colour #ff8800 # not a comment',
  'key: value, and: another',
  '- a dash first',
  '? a question',
  '"quoted" and \'quoted\'',
  "it's",
  '{ braces } and [ brackets ]',
  '&anchor *alias !!tag %directive @at `tick`',
  '---',
  '...',
  'null',
  '~',
  'true',
  '1.10',
  '0x1F',
  '001',
  '2026-01-01',
  '<<',
  '  spaces around  ',
  'two\nlines',
  'blank\n\n\nlines\n\n',
  'trailing blanks   \nin lines   ',
  '  an indented first line\nand another',
  'Windows\r\nlines and old\rMac lines',
  'a\ttab',
  'costs ${money} and $${more} and ${open',
  '狐 🦊 é e\u0301 \u00A0 \u3000',
  '\uFEFFmark',
  'null\u0000character, \u001b[31mred, \u202Eturned, \u2028separated',
  'lone \uD800 surrogate \uDC00',
  'word '.repeat(1000),
  'x'.repeat(3000),
  '| pipe',
  '> fold',
  '#',
  ':',
  '(snow:1.2), <lora:ink:0.8>, \\(escaped\\)',
]

test('text from elsewhere is read from a composed manifest as it was, without warnings', async () => {
  const images = AWKWARD.map((text, index) => ({
    name: `image-${index}`,
    comment: [text],
    fields: [['prompt', text] as const, ['alt', ''] as const],
  }))
  const manifest = composeManifest(['About: # all of it', 'two\nlines'], images)
  const { entry, entries, problems } = await readFiles({ 'all.image.yaml': manifest })
  expect(problems).toEqual([])
  expect(entries).toHaveLength(AWKWARD.length)
  expect(warningsOf(entries[0]!.manifest)).toEqual([])
  for (const [index, text] of AWKWARD.entries()) {
    const { subject } = entry(`image-${index}`)
    const prompt = subject.kind === 'generated' ? subject.prompt : undefined
    expect(prompt, JSON.stringify(text)).toBe(normaliseText(plainLines(text)))
  }
  // Whoever reviews the file sees what is in it.
  expect(manifest).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_C}\p{Zl}\p{Zp}]/u)
})

test('names and picks keep their text', async () => {
  const names = ['001', '1.10', 'true', 'null', 'a-b_c.d', '狐']
  const images = names.map((name) => ({
    name,
    comment: [],
    fields: [
      ['prompt', name],
      ['alt', ''],
      ['pick', '12345678'],
    ] as const,
  }))
  const { entries, problems } = await readFiles({ 'a.image.yaml': composeManifest([], images) })
  expect(problems).toEqual([])
  expect(entries.map(({ name }) => name)).toEqual(names)
  expect(entries.map(({ pick }) => pick)).toEqual(names.map(() => '12345678'))
})
