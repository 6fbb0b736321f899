import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { editEntry } from '../../src/manifest/edit/edit.ts'
import { placeOf, warningsOf, type Manifest } from '../../src/manifest/manifest.ts'
import { parseManifest } from '../../src/manifest/read/parse.ts'
import { rememberManifests } from '../../src/manifest/read/parsed-cache.ts'
import { loadManifest, understandManifest } from '../../src/manifest/read/read.ts'
import { ImagegenError } from '../../src/shared/errors.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { temporaryProject } from '../temporary-project.ts'
import { forgetful, readFiles, summaries } from './reading.ts'

function problemsOf(text: string): ImagegenError['problems'] {
  try {
    parseManifest(text, 'a.image.yaml')
  } catch (error) {
    if (error instanceof ImagegenError) return error.problems
    throw error
  }
  return []
}

async function manifestOf(text: string): Promise<Manifest> {
  const { root } = await temporaryProject({ 'a.image.yaml': text })
  return understandManifest(
    loadManifest(path.join(root, 'a.image.yaml'), 'a.image.yaml'),
    forgetful,
  )
}

describe('names of images', () => {
  test.each([
    '001',
    '1.10',
    '0x1F',
    '1e3',
    '0o17',
    '1_000',
    '2024-01-01',
    'True',
    'yes',
    '12345678901234567890',
  ])('keep their source text: %s', async (name) => {
    const { entries, problems } = await readFiles({
      'a.image.yaml': `images:\n  ${name}: { prompt: x, alt: "" }\n`,
    })
    expect(problems).toEqual([])
    expect(entries.map(({ id }) => id)).toEqual([`a.image.yaml#${name}`])
  })

  test('differ if their texts differ', async () => {
    const { entries } = await readFiles({
      'a.image.yaml': 'images:\n  1: { prompt: x, alt: "" }\n  01: { prompt: y, alt: "" }\n',
    })
    expect(entries.map(({ name }) => name)).toEqual(['1', '01'])
  })

  test('are the same name with and without quotes', () => {
    const text = 'images:\n  01: { prompt: x, alt: "" }\n  "01": { prompt: y, alt: "" }\n'
    expect(summaries(problemsOf(text))).toEqual([
      'a.image.yaml:3:3 `01` is written twice on one level. Each name may occur once.',
    ])
  })

  test('can be referenced by their source text', async () => {
    const { entries, problems } = await readFiles({
      'a.image.yaml':
        'images:\n  001: { prompt: x, alt: "" }\n  b: { prompt: y, alt: "", references: ["#001"] }\n',
    })
    expect(problems).toEqual([])
    expect(entries[1]?.subject).toMatchObject({
      references: [{ kind: 'entry', id: 'a.image.yaml#001' }],
    })
  })

  test('have a position even if the manifest came from the cache', async () => {
    const manifest = await manifestOf('images:\n  a: { prompt: x }\n  001: { prompt: y }\n')
    expect(placeOf(manifest, ['images', '001', 'prompt'], 'value')).toMatchObject({
      line: 3,
      column: 18,
    })
  })

  test('are found by an edit', async () => {
    const manifest = await manifestOf('images:\n  001:\n    prompt: y\n  1: { prompt: x }\n')
    expect(
      editEntry(
        manifest,
        { path: ['images', '001'], combination: undefined },
        { changes: { revision: 2 } },
      ),
    ).toBe('images:\n  001:\n    prompt: y\n    revision: 2\n  1: { prompt: x }\n')
  })
})

describe('a number that YAML reads differently than it is written', () => {
  const SPELLINGS = [
    ['001', '1'],
    ['1.10', '1.1'],
    ['0x1F', '31'],
    ['1e3', '1000'],
    ['+1', '1'],
    ['.5', '0.5'],
    ['0o17', '15'],
    ['1.0', '1'],
    ['-0', '0'],
    ['12345678901234567890', '12345678901234567000'],
  ] as const

  test.each(SPELLINGS)('is an error in `vars`: %s', (written, read) => {
    const text = `vars: { version: ${written} }\nimages:\n  a: { prompt: x, alt: "" }\n`
    const [problem, ...others] = problemsOf(text)
    expect(others).toEqual([])
    expect(problem).toMatchObject({
      message: `\`vars.version\`: YAML reads \`${written}\` as the number ${read}.`,
      place: { file: 'a.image.yaml', line: 1, column: 18 },
    })
    expect(problem?.hint).toContain(
      `\`"${read}"\` is what prompts contained until now, and keeps the images already paid for`,
    )
    expect(problem?.hint).toContain(`\`"${written}"\` is what the manifest says`)
  })

  test.each([
    [
      'of an image',
      'images:\n  "a-${n}":\n    prompt: x\n    alt: ""\n    matrix: { n: [1, 02] }\n',
      5,
    ],
    [
      'of `defaults`',
      'defaults: { matrix: { n: [1, 02] } }\nimages:\n  "a-${n}": { prompt: x }\n',
      1,
    ],
    [
      'through an alias',
      'vars: { v: &v 02 }\nimages:\n  "a-${n}": { prompt: x, matrix: { n: [*v] } }\n',
      1,
    ],
    ['in the form with one image', 'prompt: x\nalt: ""\nvars:\n  n: 02\n', 4],
  ])('is an error in the matrix or variable %s', (_, text, line) => {
    const problems = problemsOf(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toContain('YAML reads `02` as the number 2.')
    expect(problems[0]?.place?.line).toBe(line)
  })

  test('is accepted in quotes in both spellings, one of which keeps the old prompts', async () => {
    const promptWith = async (value: string): Promise<unknown> => {
      const { entries, problems } = await readFiles({
        'a.image.yaml': `vars: { v: ${value} }\nimages:\n  a: { prompt: "Version \${v}", alt: "" }\n`,
      })
      expect(problems).toEqual([])
      return entries[0]?.subject
    }
    expect(await promptWith('"1.1"')).toMatchObject({ prompt: 'Version 1.1' })
    expect(await promptWith('"1.10"')).toMatchObject({ prompt: 'Version 1.10' })
  })

  test.each(['1', '-1', '1.5', '1000', '1_000', '2024-01-01', 'yes', '"001"', '!!str 001'])(
    'is no error where both are the same, or it is text: %s',
    (written) => {
      expect(problemsOf(`vars: { v: ${written} }\nprompt: x\nalt: ""\n`)).toEqual([])
    },
  )

  test('is not an error in a field that takes a number', () => {
    expect(problemsOf('prompt: x\nalt: ""\nseed: 0x1F\nproviderOptions: { a: 1.10 }\n')).toEqual([])
  })

  test('is reported together with all other problems', () => {
    const text = 'vars: { v: 001 }\nimages:\n  a: { promt: x }\n'
    expect(summaries(problemsOf(text))).toEqual([
      'a.image.yaml:1:12 `vars.v`: YAML reads `001` as the number 1.',
      'a.image.yaml:3:8 Unknown field `promt`.',
    ])
  })
})

describe('text that is cut off by a comment', () => {
  const POSTER =
    'images:\n  a:\n    prompt: Poster in brand colour #ff8800, with a lighthouse\n    alt: ""\n'

  test('is a warning with the lost text, its position and the fix', async () => {
    const [warning, ...others] = warningsOf(await manifestOf(POSTER))
    expect(others).toEqual([])
    expect(warning).toMatchObject({
      message: '`prompt` ends before the #: YAML takes `#ff8800, with a lighthouse` for a comment.',
      place: { file: 'a.image.yaml', line: 3, column: 36 },
      hint: 'Put the whole value in quotes: `"Poster in brand colour #ff8800, with a lighthouse"`. If it is a comment, put a space after the #.',
    })
    expect(warning?.place?.frame).toContain('> 3 |     prompt: Poster')
  })

  test.each([
    ['alt', 'prompt: x\nalt: Poster #1\n', '#1', 2],
    ['vars', 'prompt: x\nalt: ""\nvars:\n  look: flat #2\n', '#2', 4],
    ['a number of vars', 'prompt: x\nalt: ""\nvars:\n  edition: 12 #b\n', '#b', 4],
    [
      'a value of a matrix',
      'images:\n  "a-${n}":\n    prompt: x\n    matrix:\n      n:\n        - one #1\n        - two\n',
      '#1',
      6,
    ],
    ['defaults', 'defaults:\n  prompt: a #b\nimages:\n  x: { alt: "" }\n', '#b', 2],
    [
      'a flow map',
      'images:\n  x: { alt: "", prompt: in #ff8800, n: 1\n    }\n',
      '#ff8800, n: 1',
      2,
    ],
    ['a flow list', 'prompt: x\nalt: ""\nreferences: [https://a.example/b.png #c\n  ]\n', '#c', 3],
    [
      'text of several lines',
      'prompt: a poster\n  in brand colour #ff8800\nalt: ""\n',
      '#ff8800',
      2,
    ],
    [
      'a value that begins with it',
      'prompt: x\nalt: ""\nproviderOptions:\n  color: #ff8800\n  other: 1\n',
      '#ff8800',
      4,
    ],
    ['CRLF', 'prompt: red #f00 sky\r\nalt: ""\r\n', '#f00 sky', 1],
    ['a tab', 'prompt: red\t#f00\nalt: ""\n', '#f00', 1],
    ['control characters', 'prompt: red #f\u00200\u0085\nalt: ""\n', '#f 0\\u0085', 1],
  ])('is found in %s', async (_, text, cut, line) => {
    const warnings = warningsOf(await manifestOf(text))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.message).toContain(`YAML takes \`${cut}\` for a comment`)
    expect(warnings[0]?.place?.line).toBe(line)
  })

  test.each([
    ['a comment with a blank', 'prompt: a poster # of a lighthouse\nalt: ""\n'],
    [
      'a comment on a line of its own',
      'prompt: a poster\n#of a lighthouse\nalt: ""\n  #indented\n',
    ],
    ['a comment below a name', 'images:\n  #the hero\n  a:\n    #what it shows\n    prompt: x\n'],
    ['a comment behind a name', 'images: #all\n  a: #the hero\n    prompt: x\n'],
    ['double quotes', 'prompt: "a #b" #c\nalt: ""\n'],
    ['single quotes', "prompt: 'a #b' #c\nalt: ''\n"],
    ['a block of text', 'prompt: |\n  a #b\n  c\nalt: >-\n  a #b\n'],
    ['a # within a word', 'prompt: a#b C#\nalt: ""\n'],
    ['a # at the end of a line', 'prompt: a #\nalt: ""\n'],
    ['a number', 'prompt: x\nalt: ""\nseed: 7 #lucky\n'],
  ])('does not include %s', async (_, text) => {
    expect(warningsOf(await manifestOf(text))).toEqual([])
  })

  test.each([
    ['several lines', 'prompt: Poster in #ff8800,\n  with a lighthouse\nalt: ""\n', '#ff8800,'],
    ['nothing else', 'prompt: #ff8800\nalt: ""\n', '#ff8800'],
  ])('is the hint of the error if it breaks %s', (_, text, cut) => {
    const [problem, ...others] = problemsOf(text)
    expect(others).toEqual([])
    expect(problem?.hint).toContain(`YAML takes \`${cut}\` for a comment`)
  })

  test('is also a warning of a cached manifest', async () => {
    const { root } = await temporaryProject({ 'a.image.yaml': POSTER })
    const file = path.join(root, 'a.image.yaml')
    const cacheDir = await folder()
    const memory = rememberManifests(cacheDir, '1')
    const parsed = understandManifest(loadManifest(file, 'a.image.yaml'), memory)
    await memory.save(new Set([sha256(POSTER)]))
    expect(rememberManifests(cacheDir, '1').has(sha256(POSTER))).toBe(true)
    const remembered = understandManifest(
      loadManifest(file, 'a.image.yaml'),
      rememberManifests(cacheDir, '1'),
    )
    expect(warningsOf(remembered)).toEqual(warningsOf(parsed))
    expect(warningsOf(remembered)).toHaveLength(1)
  })
})

const folders: string[] = []

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'imagegen-manifests-'))
  folders.push(made)
  return made
}

afterEach(async () => {
  for (const one of folders.splice(0)) await rm(one, { recursive: true, force: true })
})
