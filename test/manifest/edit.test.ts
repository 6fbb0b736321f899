import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editEntry, type EntryEdit } from '../../src/manifest/edit/edit.ts'
import { createLocate, pathOfImage, type Manifest } from '../../src/manifest/manifest.ts'
import { parseManifest } from '../../src/manifest/read/parse.ts'
import type { ImageSettings } from '../../src/manifest/schema/schema.ts'

function manifestOf(text: string): Manifest {
  return {
    file: '/project/art.image.yaml',
    path: 'art.image.yaml',
    text,
    content: parseManifest(text, 'art.image.yaml'),
    extended: [],
    styles: [],
    locate: createLocate('art.image.yaml', text),
  }
}

function edited(
  text: string,
  name: string,
  edit: EntryEdit,
  combination?: Readonly<Record<string, string>>,
): string {
  const manifest = manifestOf(text)
  const place = {
    path: pathOfImage(manifest, name),
    combination: combination === undefined ? undefined : new Map(Object.entries(combination)),
  }
  return editEntry(manifest, place, edit)
}

const REROLL: EntryEdit = { changes: { revision: 2 } }
const ADOPT: EntryEdit = { changes: { source: './kira.png' }, retired: 'prompt' }

describe('a new revision', () => {
  it.each([
    [
      'goes below the prompt, with the comment that stands beside that',
      'images:\n  kira:\n    # the hero\n    prompt: "x" # of chapter one\n\n    alt: y\n',
      'images:\n  kira:\n    # the hero\n    prompt: "x" # of chapter one\n    revision: 2\n\n    alt: y\n',
    ],
    [
      'goes below a block of text, with the line ending and the indentation of the file',
      'images:\r\n   kira:\r\n      prompt: |\r\n         x\r\n         y\r\n\r\n   # next\r\n   b: {prompt: z}\r\n',
      'images:\r\n   kira:\r\n      prompt: |\r\n         x\r\n         y\r\n      revision: 2\r\n\r\n   # next\r\n   b: {prompt: z}\r\n',
    ],
    [
      'goes above a block that keeps its last line breaks',
      'images:\n  kira:\n    prompt: |+\n      x\n\n\n  b: { prompt: z }\n',
      'images:\n  kira:\n    revision: 2\n    prompt: |+\n      x\n\n\n  b: { prompt: z }\n',
    ],
    [
      'takes the place of the old one, whatever stands around it',
      'images:\n  kira: {revision:   1 , prompt: x} # { revision: 1 }\n',
      'images:\n  kira: {revision:   2 , prompt: x} # { revision: 1 }\n',
    ],
    [
      'goes into a flow map, before its comment',
      'images: { kira: {\n  prompt: x y # revision\n } }',
      'images: { kira: {\n  prompt: x y, revision: 2 # revision\n } }',
    ],
    [
      'is written as JSON where the manifest is',
      '{"images":{"kira":{"alt":"","prompt":"x"}}}',
      '{"images":{"kira":{"alt":"","prompt":"x", "revision": 2}}}',
    ],
    [
      'fills an image that has all from the defaults',
      'defaults: { prompt: x }\nimages:\n  kira: {}  # as they are\n',
      'defaults: { prompt: x }\nimages:\n  kira: { revision: 2 }  # as they are\n',
    ],
    [
      'goes below the first field where the prompt is a default',
      'defaults: { prompt: x }\nimages:\n  kira:\n    output:\n      widths: # all\n        - 9\n        - 10 # px\n\n    alt: y',
      'defaults: { prompt: x }\nimages:\n  kira:\n    output:\n      widths: # all\n        - 9\n        - 10 # px\n    revision: 2\n\n    alt: y',
    ],
  ])('%s', (_, text, wanted) => {
    expect(edited(text, 'kira', REROLL)).toBe(wanted)
  })

  it('is written into a single-image manifest, even without a line break at the end', () => {
    expect(edited('---\n# one\nprompt: x', '', REROLL)).toBe('---\n# one\nprompt: x\nrevision: 2')
    expect(edited('{ prompt: x }', '', REROLL)).toBe('{ prompt: x, revision: 2 }')
  })

  it('is written for all images of a matrix if no combination is named', () => {
    const text = 'images:\n  tile-${s}:\n    matrix: { s: [a, b] }\n    prompt: A ${s} tile\n'
    expect(edited(text, 'tile-${s}', REROLL)).toBe(`${text}    revision: 2\n`.replace(/\n$/, '\n'))
  })
})

describe('a source', () => {
  it.each([
    [
      'leaves the prompt as a comment',
      'images:\n  kira:\n    alt: y\n    prompt: "x" # why\n    seed: 7\n',
      'images:\n  kira:\n    alt: y\n    source: ./kira.png\n    # prompt: "x" # why\n    seed: 7\n',
    ],
    [
      'leaves all lines of a prompt as comments',
      'images:\r\n  kira:\r\n    prompt: >-\r\n      x\r\n\r\n        y\r\n    seed: 7\r\n',
      'images:\r\n  kira:\r\n    source: ./kira.png\r\n    # prompt: >-\r\n    #   x\r\n    #\r\n    #     y\r\n    seed: 7\r\n',
    ],
    [
      'puts the prompt of a flow map above the image',
      'images:\n  # the hero\n  kira: { alt: y, prompt: "x", seed: 7 } # why\n',
      'images:\n  # the hero\n  # prompt: "x"\n  kira: { alt: y, source: ./kira.png, seed: 7 } # why\n',
    ],
    [
      'takes the place of the old one in its quotes',
      "images:\n  kira: { source: './old.png' } # !\n",
      "images:\n  kira: { source: './kira.png' } # !\n",
    ],
    [
      'goes beside a prompt that is a default',
      'defaults:\n  prompt: x\nimages:\n  kira:\n    alt: y\n',
      'defaults:\n  prompt: x\nimages:\n  kira:\n    alt: y\n    source: ./kira.png\n',
    ],
  ])('%s', (_, text, wanted) => {
    expect(edited(text, 'kira', ADOPT)).toBe(wanted)
  })

  it('is quoted if its name needs quotes', () => {
    const edit: EntryEdit = { ...ADOPT, changes: { source: './a "b": #c.png' } }
    const text = edited('images:\n  kira: { prompt: x }\n', 'kira', edit)
    expect(manifestOf(text).content.images[0]!.settings.source).toBe('./a "b": #c.png')
  })
})

describe('an edit of what an anchor shares', () => {
  it.each([
    [
      'an image that is an alias',
      'images:\n  b: &b { prompt: x }\n  kira: *b\n',
      'images:\n  b: &b { prompt: x, revision: 2 }\n  kira: *b\n',
    ],
    [
      'an image that others are an alias of',
      'images:\n  kira: &k { prompt: x }\n  b: *k\n',
      'images:\n  kira: &k { prompt: x, revision: 2 }\n  b: *k\n',
    ],
    [
      'a revision that others are an alias of',
      'images:\n  kira: { prompt: x, revision: &r 1 }\n  b: { prompt: y, revision: *r }\n',
      'images:\n  kira: { prompt: x, revision: &r 2 }\n  b: { prompt: y, revision: *r }\n',
    ],
    [
      'a revision that is an alias, which is replaced',
      'images:\n  b: { prompt: y, revision: &r 1 }\n  kira: { prompt: x, revision: *r }\n',
      'images:\n  b: { prompt: y, revision: &r 1 }\n  kira: { prompt: x, revision: 2 }\n',
    ],
  ])('%s goes to the anchor', (_, text, wanted) => {
    expect(edited(text, 'kira', REROLL)).toBe(wanted)
  })
})

describe('an edit that would break the manifest', () => {
  it.each([
    [
      'a prompt that others are an alias of',
      'images:\n  kira: { prompt: &p x }\n  b: { prompt: *p }\n',
      ADOPT,
    ],
    ['a key in the long form', 'images:\n  kira:\n    ? prompt\n    : x\n', REROLL],
  ])('%s is refused with advice on what to write by hand, and where', (_, text, edit) => {
    const place = String(text.split('\n').findIndex((line) => line.includes('kira')) + 1)
    expect(() => edited(text, 'kira', edit)).toThrow(
      new RegExp(`art\\.image\\.yaml:${place}:.*by hand`, 's'),
    )
  })
})

const words = fc
  .array(fc.constantFrom('a', 'fox', 'Füchsin', '雪', "it's", '50%', 'x: y', '#1', '"so"', '- b'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((list) => list.join(' '))
const comment = fc.option(fc.constantFrom(' # why', '  # prompt: no', ' #revision: 9'), { nil: '' })
const gap = fc.constantFrom(
  '',
  '',
  '\n',
  '  \n',
  '# a comment\n',
  '      # deep\n',
  '# source: x\n\n',
)

/** A field's value in one of YAML's spellings, the lines behind the first indented by `deeper`. */
function value(text: string, deeper: string): fc.Arbitrary<string> {
  return fc.oneof(
    comment.map((note) => `${JSON.stringify(text)}${note}`),
    comment.map((note) => `'${text.replaceAll("'", "''")}'${note}`),
    fc
      .constantFrom('|', '|-', '>', '>-', '| # kept')
      .map((mark) => `${mark}\n${deeper}${text}\n\n${deeper}more`),
    comment.map((note) => `"${text.replaceAll('"', '\\"')}\n${deeper}and more"${note}`),
    comment.map((note) => `plain ${note === '' ? '' : 'words'}${note}`),
  )
}

/** An image named `name`. */
function image(name: string, indent: string, isFlow: boolean): fc.Arbitrary<string> {
  const inner = indent.repeat(2)
  if (isFlow) {
    const others = fc.shuffledSubarray(['alt: ""', 'seed: 7', 'output: { widths: [9] }'])
    return fc.tuple(words, fc.boolean(), others).map(([text, isFirst, more]) => {
      const prompt = `prompt: ${JSON.stringify(text)}`
      const all = isFirst ? [prompt, ...more] : [...more, prompt]
      return `${indent}${name}: { ${all.join(', ')} } # flow\n`
    })
  }
  const field = (key: string): fc.Arbitrary<string> =>
    words.chain((text) => value(text, `${inner}${indent}`)).map((text) => `${key}: ${text}`)
  const others = fc.subarray([
    'seed: 7',
    `references: # none\n${inner}  []`,
    `output:\n${inner}  widths: [9]`,
  ])
  const gaps = fc.array(gap, { minLength: 5, maxLength: 5 })
  return fc
    .tuple(field('prompt'), field('alt'), others, fc.nat(4), gaps)
    .map(([prompt, alt, more, position, between]) => {
      const fields = [alt, ...more].toSpliced(position, 0, prompt)
      const lines = fields.map((text, index) => `${between[index]}${inner}${text}\n`)
      return `${indent}${name}: # here\n${lines.join('')}`
    })
}

/** A manifest as people write them, with an image `kira`. */
const written: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('  ', '    ', ' '), fc.boolean(), fc.boolean())
  .chain(([indent, isFlow, isFlowAround]) =>
    fc.record({
      top: gap,
      kira: image('kira', indent, isFlow),
      other: image('other', indent, isFlowAround),
      isLast: fc.boolean(),
      hasEnd: fc.boolean(),
      newLine: fc.constantFrom('\n', '\r\n'),
    }),
  )
  .map(({ top, kira, other, isLast, hasEnd, newLine }) => {
    const images = isLast ? [other, kira] : [kira, other]
    const text = `${top}vars: { a: 1 } # one\nimages:\n${images.join('')}`
    return (hasEnd ? text : text.replace(/\n$/, '')).replaceAll('\n', newLine)
  })

function settingsOf(text: string): Record<string, ImageSettings> {
  const { images } = manifestOf(text).content
  return Object.fromEntries(images.map(({ name, settings }) => [name, settings]))
}

describe('any manifest', () => {
  it('keeps every byte around a new revision', () => {
    fc.assert(
      fc.property(written, (text) => {
        const result = edited(text, 'kira', REROLL)
        const before = settingsOf(text)
        expect(settingsOf(result)).toEqual({ ...before, kira: { ...before['kira'], revision: 2 } })
        const insertions = [/, revision: 2/, /\r?\n +revision: 2/, /revision: 2\r?\n +/]
        expect(insertions.map((insertion) => result.replace(insertion, ''))).toContain(text)
        const again = edited(result, 'kira', { changes: { revision: 3 } })
        expect(again).toBe(result.replace('revision: 2', 'revision: 3'))
      }),
      { numRuns: 300 },
    )
  })

  it('keeps every byte around a source, and restores the prompt when it is uncommented', () => {
    fc.assert(
      fc.property(written, (text) => {
        const result = edited(text, 'kira', ADOPT)
        const before = settingsOf(text)
        const { prompt: _, ...kept } = before['kira']!
        expect(settingsOf(result)).toEqual({ ...before, kira: { ...kept, source: './kira.png' } })
        const isFlow = /kira: \{/.test(text)
        expect(isFlow ? flowRestored(result) : linesRestored(result, text)).toBe(text)
      }),
      { numRuns: 300 },
    )
  })
})

/** The text without the new line, and with changed lines uncommented. */
function linesRestored(text: string, original: string): string {
  const before = original.split('\n')
  return text
    .replace(/^ +source: \.\/kira\.png\r?\n/m, '')
    .split('\n')
    .map((line, index) =>
      line === before[index] ? line : line.replace(/^( *)# ?/, '$1').replace(/^ +(?=\r?$)/, ''),
    )
    .join('\n')
}

function flowRestored(text: string): string {
  const [line = '', prompt = ''] = /^ *# (prompt: .*?)\r?\n(?=.*source: )/m.exec(text) ?? []
  return text.replace(line, '').replace('source: ./kira.png', () => prompt)
}
