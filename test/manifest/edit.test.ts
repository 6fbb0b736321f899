import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { parseDocument, type Node, type ParsedNode } from 'yaml'
import { editEntry, type EntryEdit } from '../../src/manifest/edit/edit.ts'
import { createLocate, pathOfImage, type Manifest } from '../../src/manifest/manifest.ts'
import { parseManifest } from '../../src/manifest/read/parse.ts'
import { writeFiles } from '../../src/pipeline/edit/write-edit.ts'
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

describe('an override', () => {
  const TILE =
    'images:\n  "tile-${s}":\n    prompt: A ${s} tile # here\n    matrix: { s: [a, b] }\n'
  const AGAIN: EntryEdit = { changes: { revision: 2, pick: null } }

  it.each([
    [
      'is added at the end of the image',
      TILE,
      `${TILE}    overrides:\n      - when: { s: a }\n        revision: 2\n`,
    ],
    [
      'is added to the end of a list in the same style',
      `${TILE}    overrides:\n    # some\n    - { when: { s: b }, seed: 1 } # b\n    alt: x\n`,
      `${TILE}    overrides:\n    # some\n    - { when: { s: b }, seed: 1 } # b\n    - { when: { s: a }, revision: 2 }\n    alt: x\n`,
    ],
    [
      'is added to a list in brackets, with CRLF',
      `${TILE}    overrides: [ # none\n      ]\n`.replaceAll('\n', '\r\n'),
      `${TILE}    overrides: [{ when: { s: a }, revision: 2 }]\n`.replaceAll('\n', '\r\n'),
    ],
    [
      'that exists takes the field, and loses the pick of the old recipe',
      `${TILE}    overrides:\n      - pick: 3 # best\n        # why\n        when: { "s": 'a' } # this\n      - when: { s: b }\n`,
      `${TILE}    overrides:\n      - revision: 2\n        # why\n        when: { "s": 'a' } # this\n      - when: { s: b }\n`,
    ],
    [
      'in braces takes the field, and loses the pick of the old recipe',
      `${TILE}    overrides: [{ when: { s: a }, pick: 3, seed: 1 }, { when: { s: b } }]\n`,
      `${TILE}    overrides: [{ when: { s: a }, revision: 2, seed: 1 }, { when: { s: b } }]\n`,
    ],
    [
      'is added behind one that would win over what is written',
      `${TILE}    overrides: [{ when: { s: a } }, { when: { s: a }, revision: 7 }]\n`.replace(
        '{ when: { s: a }, revision: 7 }',
        '{ when: { s: a }, alt: x }',
      ),
      `${TILE}    overrides: [{ when: { s: a } }, { when: { s: a }, revision: 2, alt: x }]\n`,
    ],
    [
      'is written as JSON where the manifest is',
      '{"images":{"tile-${s}":{"prompt":"x","matrix":{"s":["a","b"]}}}}',
      '{"images":{"tile-${s}":{"prompt":"x","matrix":{"s":["a","b"]}, "overrides": [{ "when": { "s": "a" }, "revision": 2 }]}}}',
    ],
    [
      'goes to the anchor of a list that is an alias',
      'images:\n  "x-${s}": { prompt: x, matrix: { s: [a] }, overrides: &o [{ when: { s: a }, seed: 1 }] }\n  "tile-${s}": { prompt: y, matrix: { s: [a] }, overrides: *o }\n',
      'images:\n  "x-${s}": { prompt: x, matrix: { s: [a] }, overrides: &o [{ when: { s: a }, revision: 2, seed: 1 }] }\n  "tile-${s}": { prompt: y, matrix: { s: [a] }, overrides: *o }\n',
    ],
  ])('%s', (_, text, wanted) => {
    expect(edited(text, 'tile-${s}', AGAIN, { s: 'a' })).toBe(wanted)
  })

  it('that a later one with fewer variables wins over is not used', () => {
    const text =
      'images:\n  "t-${s}-${t}":\n    prompt: x\n    matrix: { s: [a], t: [1, 2] }\n    overrides:\n      - when: { s: a, t: 1 }\n        revision: 1\n      - when: { s: a }\n        revision: 5\n'
    expect(edited(text, 't-${s}-${t}', REROLL, { s: 'a', t: '1' })).toBe(
      `${text}      - when: { s: a, t: 1 }\n        revision: 2\n`,
    )
  })

  it('puts values into quotes that YAML would read as something else', () => {
    const text =
      'images:\n  "t-${s}":\n    prompt: x\n    matrix: { s: ["01", "no", "true", "1", x_y] }\n'
    const when = (value: string): string =>
      /when: \{ s: (.*) \}/.exec(edited(text, 't-${s}', REROLL, { s: value }))![1]!
    expect(['01', 'no', 'true', '1', 'x_y'].map(when)).toEqual([
      '"01"',
      '"no"',
      '"true"',
      '1',
      'x_y',
    ])
  })
})

describe('a text', () => {
  it.each([
    ['in its double quotes', 'prompt: "x" # why', 'prompt: "a \\"new\\" one" # why', 'a "new" one'],
    ['in its single quotes', "prompt: 'x'", "prompt: 'it''s'", "it's"],
    ['plain where it was', 'prompt: x # why', 'prompt: a fox # why', 'a fox'],
    ['in quotes where it must be', 'prompt: x', 'prompt: "a: b"', 'a: b'],
    [
      'as the block that it was, with the comment on its mark',
      'prompt: | # kept\n         x\n\n         y',
      'prompt: | # kept\n         one\n\n         two',
      'one\n\ntwo',
    ],
    [
      'folded where it was',
      'prompt: >-\n         x\n         y',
      'prompt: >-\n         one',
      'one',
    ],
    [
      'as a block where it has several lines now',
      'prompt: >-\n         x',
      'prompt: |-\n        one\n        two',
      'one\ntwo',
    ],
  ])('is replaced %s', (_, before, after, value) => {
    const text = (field: string): string => `images:\n  kira:\n      ${field}\n      alt: y\n`
    expect(edited(text(before), 'kira', { changes: { prompt: value } })).toBe(text(after))
  })

  it('of several lines becomes a block where there was none', () => {
    expect(edited('images:\n  kira:\n    alt: y\n', 'kira', { changes: { prompt: 'a\nb' } })).toBe(
      'images:\n  kira:\n    alt: y\n    prompt: |-\n      a\n      b\n',
    )
  })
})

/** The `overrides` of an image with the matrix `s: [a, b], t: [1, 2]`, in some style. */
function overridesText(inner: string): fc.Arbitrary<string> {
  const items = fc.subarray(['s: a', 's: a, t: "2"', 's: b, t: 1', "t: '1'"])
  const style = fc.constantFrom('flow', 'flow lines', 'block', 'block maps', 'indentless')
  const notes = fc.array(comment, { minLength: 4, maxLength: 4 })
  return fc.tuple(items, style, notes).map(([whens, how, [first = '', ...behind]]) => {
    const flow = whens.map((when, index) => `{ when: { ${when} }, seed: ${index} }`)
    if (whens.length === 0) return 'overrides: []'
    switch (how) {
      case 'flow':
        return `overrides: [${flow.join(', ')}]${first}`
      case 'flow lines':
        return `overrides: [${first}\n${flow.map((one, index) => `${inner}  ${one},${behind[index] ?? ''}\n`).join('')}${inner}]`
      case 'block':
        return `overrides:${first}\n${flow.map((one, index) => `${inner}  - ${one}${behind[index] ?? ''}`).join('\n')}`
      case 'indentless':
        return `overrides:${first}\n${flow.map((one) => `${inner}- ${one}`).join('\n')}`
      case 'block maps':
        return `overrides:${first}\n${whens
          .map(
            (when, index) =>
              `${inner}  - seed: ${index}${behind[index] ?? ''}\n${inner}    # about\n${inner}    when: { ${when} }`,
          )
          .join('\n')}`
      default:
        return how satisfies never
    }
  })
}

/** A manifest with an image `tile-${s}-${t}` of a matrix, and one that shares an anchor with it. */
const tiled: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('  ', '    '), fc.boolean())
  .chain(([indent, isFlow]) => {
    const inner = indent.repeat(2)
    return fc.record({
      indent: fc.constant(indent),
      isFlow: fc.constant(isFlow),
      prompt: words.chain((text) => value(text, `${inner}${indent}`)),
      anchored: fc.boolean(),
      overrides: fc.option(overridesText(inner), { nil: undefined }),
      order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 }),
      gaps: fc.array(gap, { minLength: 5, maxLength: 5 }),
      hasEnd: fc.boolean(),
      newLine: fc.constantFrom('\n', '\r\n'),
    })
  })
  .map(({ indent, isFlow, prompt, anchored, overrides, order, gaps, hasEnd, newLine }) => {
    const inner = indent.repeat(2)
    const matrix = 'matrix: { s: [a, b], t: [1, "2"] }'
    const alt = anchored ? 'alt: &alt "the alt" # shared' : 'alt: ""'
    const fields = [`prompt: ${prompt}`, alt, matrix, overrides ?? 'n: 2']
    const flowOverrides =
      overrides?.startsWith('overrides: [{') === true ? overrides.replace(/#.*/, '') : 'n: 2'
    const flow = [
      'prompt: "x y"',
      anchored ? 'alt: &alt "the alt"' : 'alt: ""',
      matrix,
      flowOverrides,
    ]
    const tile = isFlow
      ? `${indent}"tile-\${s}-\${t}": { ${order.map((index) => flow[index]).join(', ')} } # flow\n`
      : `${indent}"tile-\${s}-\${t}": # block\n${order.map((index) => `${gaps[index]}${inner}${fields[index]}\n`).join('')}`
    const other = `${indent}other: { prompt: x, alt: ${anchored ? '*alt' : '""'} }\n`
    const text = `# tiles\nimages:\n${tile}${gaps[4]}${other}`
    return (hasEnd ? text : text.replace(/\n$/, '')).replaceAll('\n', newLine)
  })

const folder = mkdtempSync(path.join(os.tmpdir(), 'imagegen-edit-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The part of a text that another one replaces, as offsets. */
function changedPart(
  before: string,
  after: string,
): { readonly start: number; readonly end: number } {
  let start = 0
  while (start < before.length && before[start] === after[start]) start++
  let end = 0
  const most = Math.min(before.length, after.length) - start
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end++
  return { start, end: before.length - end }
}

/** The offsets of a value. */
function rangeOf(text: string, place: readonly unknown[]): readonly [number, number, number] {
  const node = parseDocument(text).getIn(place, true) as Node | undefined
  return (node as ParsedNode).range
}

describe('any manifest with a matrix', () => {
  const NAME = 'tile-${s}-${t}'

  it('keeps every byte around an override, in the file too, with or without a byte order mark', async () => {
    await fc.assert(
      fc.asyncProperty(tiled, fc.boolean(), async (text, hasMark) => {
        const result = edited(text, NAME, REROLL, { s: 'a', t: '2' })
        const { start, end } = changedPart(text, result)
        // An empty list is replaced; everything else is an insertion.
        expect(['', '[]', ']', '[']).toContain(text.slice(start, end).trim())
        const before = settingsOf(text)
        const { overrides, ...others } = settingsOf(result)[NAME]!
        const { overrides: old = [], ...same } = before[NAME]!
        expect({ ...settingsOf(result), [NAME]: others }).toEqual({ ...before, [NAME]: same })
        const exact = old.findIndex(({ when }) => when['s'] === 'a' && when['t'] === '2')
        expect(overrides).toEqual(
          exact < 0
            ? [...old, { when: { s: 'a', t: '2' }, revision: 2 }]
            : old.with(exact, { ...old[exact]!, revision: 2 }),
        )
        const again = edited(result, NAME, { changes: { revision: 3 } }, { s: 'a', t: '2' })
        expect(again).toBe(result.replace('revision: 2', 'revision: 3'))

        const file = path.join(folder, 'tiles.image.yaml')
        const mark = hasMark ? '\uFEFF' : ''
        writeFileSync(file, `${mark}${text}`)
        await writeFiles([{ file, manifest: 'tiles.image.yaml', before: text, after: result }])
        expect(readFileSync(file, 'utf8')).toBe(`${mark}${result}`)
      }),
      { numRuns: 100 },
    )
  })

  it('keeps every byte around a removed field of an override', () => {
    fc.assert(
      fc.property(tiled, (text) => {
        const result = edited(
          text,
          NAME,
          { changes: { seed: null, revision: 2 } },
          { s: 'a', t: '2' },
        )
        const old = settingsOf(text)[NAME]!.overrides ?? []
        const exact = old.findIndex(({ when }) => when['s'] === 'a' && when['t'] === '2')
        const { seed: _, ...kept } = old[exact] ?? { when: { s: 'a', t: '2' } }
        expect(settingsOf(result)[NAME]!.overrides).toEqual(
          exact < 0
            ? [...old, { ...kept, revision: 2 }]
            : old.with(exact, { ...kept, revision: 2 }),
        )
        // A comment may have come behind the dash of its list.
        const lost = text.split(/\r?\n/).filter((line) => !result.includes(line.trim()))
        // At most the line of the override, and the line of the field.
        expect(lost.length).toBeLessThanOrEqual(3)
        for (const line of lost) expect(line).toMatch(/seed|overrides|when|]/)
      }),
      { numRuns: 100 },
    )
  })

  it('keeps every byte around new texts', () => {
    fc.assert(
      fc.property(
        tiled,
        fc.array(words, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n')),
        (text, prompt) => {
          const result = edited(text, NAME, { changes: { prompt } })
          const before = settingsOf(text)
          const after = settingsOf(result)
          expect(after[NAME]!.prompt!.replace(/\n$/, '')).toBe(prompt)
          expect({ ...after, [NAME]: { ...after[NAME], prompt: '' } }).toEqual({
            ...before,
            [NAME]: { ...before[NAME], prompt: '' },
          })
          if (result === text) return
          const [from, , to] = rangeOf(text, ['images', NAME, 'prompt'])
          expect(result.startsWith(text.slice(0, from))).toBe(true)
          expect(result.endsWith(text.slice(to))).toBe(true)
        },
      ),
      { numRuns: 100 },
    )
  })
})
