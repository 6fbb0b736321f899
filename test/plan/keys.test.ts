import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Document, isScalar, visit } from 'yaml'
import { createLocate, type Manifest } from '../../src/manifest/manifest.ts'
import { parseManifest } from '../../src/manifest/read/parse.ts'
import { resolveManifests } from '../../src/manifest/resolve/resolve.ts'
import type { ImageSettings } from '../../src/manifest/schema/schema.ts'
import type { ResolvedModel } from '../../src/model/resolved-model.ts'
import { createPlanner } from '../../src/plan/plan.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { inventoryOf, minimaxModels } from './planning.ts'

let root: string
let models: ReadonlyMap<string, ResolvedModel>

beforeAll(async () => {
  models = await minimaxModels()
  root = mkdtempSync(path.join(tmpdir(), 'imagegen-keys-'))
  writeFileSync(path.join(root, 'face.png'), 'a face')
  writeFileSync(path.join(root, 'same-face.png'), 'a face')
  writeFileSync(path.join(root, 'other.png'), 'somebody else')
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Images by name, by the path of their manifest. */
type Project = Readonly<Record<string, Readonly<Record<string, ImageSettings>>>>

/** The keys of a project's images by their ids; manifests are read in the order of their texts. */
function keysOf(
  texts: Readonly<Record<string, string>>,
  settings: { readonly defaults?: ImageSettings; readonly vars?: Record<string, string> } = {},
): Record<string, string> {
  const manifests = Object.entries(texts).map(([name, text]): Manifest => ({
    file: path.join(root, name),
    path: name,
    text,
    content: parseManifest(text, name),
    extended: [],
    styles: [],
    locate: createLocate(name, text),
  }))
  const { entries, problems } = resolveManifests(manifests, new Set(), {
    root,
    defaults: settings.defaults ?? {},
    vars: new Map(Object.entries(settings.vars ?? {})),
    allow: [root],
  })
  const plan = createPlanner(models).plan(entries, inventoryOf())
  expect([...problems.values(), ...plan.problems.values()].flat()).toEqual([])
  return Object.fromEntries(
    plan.images.map(({ entry, made }) => [entry.id, made?.key ?? 'made by hand']),
  )
}

/** The key of one image, written as JSON, which is YAML. */
function keyOf(image: ImageSettings, others: Readonly<Record<string, ImageSettings>> = {}): string {
  const text = JSON.stringify({ images: { ...others, it: image } })
  return keysOf({ 'a.image.yaml': text })['a.image.yaml#it'] ?? 'nothing'
}

const WORDS = ['Kira', 'a boat', 'é', '木', '"quoted"', "it's", '#1', ': ', '- x', 'null', '1.0']
const line = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 5 })
  .map((words) => `x${words.join(' ')}y`)
const text = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 3 }), fc.constantFrom('\n', '\n\n'))
  .map(([lines, lineBreak]) => lines.join(lineBreak))

/** What decides the pixels, for MiniMax. */
const recipeFields = fc.record(
  {
    prompt: text,
    seed: fc.integer({ min: 0, max: 1e9 }),
    revision: fc.integer({ min: -5, max: 5 }),
    references: fc.subarray(['./face.png', './other.png', 'https://example.org/a.png']),
    providerOptions: fc.record(
      { promptOptimizer: fc.boolean(), watermark: fc.boolean() },
      { requiredKeys: [] },
    ),
    shape: fc.constantFrom(
      {},
      { aspectRatio: '16:9' },
      { aspectRatio: '3:4' },
      { size: '512x768' },
      { size: '1024x1024' },
    ),
  },
  { requiredKeys: ['prompt'] },
)
const recipe = recipeFields.map(({ shape = {}, ...fields }): ImageSettings => ({
  ...fields,
  ...shape,
}))

/** What does not. */
const rest: fc.Arbitrary<ImageSettings> = fc.record(
  {
    alt: fc.constantFrom('', 'Kira', 'A "boat"'),
    n: fc.integer({ min: 1, max: 9 }),
    pick: fc.integer({ min: 1, max: 9 }),
    process: fc.constantFrom(['trim' as const], [{ resize: { width: 64 } }], []),
    output: fc.constantFrom({ formats: ['avif' as const] }, { quality: 50 }, {}),
  },
  { requiredKeys: [] },
)
const image = fc.tuple(recipe, rest).map(([one, other]): ImageSettings => ({ ...one, ...other }))

const project: fc.Arbitrary<Project> = fc
  .record({
    'a.image.yaml': fc.record({ kira: image, 'boat-at-night': image }),
    'deep/b.image.yml': fc.record({ kira: image }),
  })
  .map(({ 'a.image.yaml': a, 'deep/b.image.yml': b }) => ({
    'a.image.yaml': {
      ...a,
      scene: { prompt: 'x', references: ['#kira', './deep/b.image.yml#kira'] },
    },
    // Files are seen from the manifest.
    'deep/b.image.yml': {
      kira: {
        ...b.kira,
        references: b.kira.references?.map((one) => String(one).replace('./', '../')) ?? [],
      },
    },
  }))

/** How a manifest is laid out. */
const layout = fc.record({
  /** Decides the order of keys, and which have a comment. */
  seed: fc.nat(),
  strings: fc.constantFrom(
    'PLAIN',
    'QUOTE_SINGLE',
    'QUOTE_DOUBLE',
    'BLOCK_LITERAL',
    'BLOCK_FOLDED',
  ),
  keys: fc.constantFrom('PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE'),
  collections: fc.constantFrom('any', 'block', 'flow'),
  indent: fc.constantFrom(2, 3, 4),
  lineWidth: fc.constantFrom(0, 60, 80),
  lineBreak: fc.constantFrom('\n', '\r\n'),
  byteOrderMark: fc.boolean(),
})
type Layout = typeof layout extends fc.Arbitrary<infer Value> ? Value : never

function laidOut(value: unknown, style: Layout): string {
  const chance = (word: string): string => sha256(`${style.seed} ${word}`)
  const document = new Document(shuffledKeys(value, chance))
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && chance(`comment on ${String(key.value)}`) < '4') {
        key.commentBefore = ' a: comment'
      }
    },
  })
  const written = document.toString({
    defaultStringType: style.strings,
    defaultKeyType: style.keys,
    collectionStyle: style.collections,
    indent: style.indent,
    lineWidth: style.lineWidth,
  })
  return (style.byteOrderMark ? '\ufeff' : '') + written.replaceAll('\n', style.lineBreak)
}

function shuffledKeys(value: unknown, chance: (word: string) => string): unknown {
  if (Array.isArray(value)) return value.map((member) => shuffledKeys(member, chance))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]) => [key, shuffledKeys(member, chance)] as const)
      .toSorted(([left], [right]) => (chance(left) < chance(right) ? -1 : 1)),
  )
}

test('key order, comments, quoting, layout, line endings and the order of manifests change no key', () => {
  fc.assert(
    fc.property(project, layout, layout, fc.boolean(), (images, one, other, isReversed) => {
      const written = (style: Layout): Array<[string, string]> =>
        Object.entries(images).map(([name, named]) => [name, laidOut({ images: named }, style)])
      const first = keysOf(Object.fromEntries(written(one)))
      const again = written(other)
      if (isReversed) again.reverse()
      const second = keysOf(Object.fromEntries(again))
      expect(second).toEqual(first)
      expect(Object.keys(first)).toHaveLength(4)
    }),
    { numRuns: 200 },
  )
})

test('equal recipes have equal keys, under any name, in any folder and with any other fields', () => {
  fc.assert(
    fc.property(recipe, rest, rest, (shared, one, other) => {
      const elsewhere = shared.references?.map((file) => String(file).replace('./', '../'))
      const keys = keysOf({
        'a.image.yaml': JSON.stringify({ images: { kira: { ...shared, ...one } } }),
        'deep/er.image.yaml': JSON.stringify({
          ...shared,
          ...other,
          ...(elsewhere === undefined ? {} : { references: elsewhere }),
        }),
      })
      expect(keys['a.image.yaml#kira']).toMatch(/^[0-9a-f]{64}$/)
      expect(keys['deep/er.image.yaml']).toBe(keys['a.image.yaml#kira'])
    }),
    { numRuns: 200 },
  )
})

function without(image: ImageSettings, field: keyof ImageSettings): ImageSettings {
  return Object.fromEntries(Object.entries(image).filter(([name]) => name !== field))
}

/** One change to a recipe each. */
const changes: Readonly<Record<string, (image: ImageSettings) => ImageSettings>> = {
  'a word more in the prompt': (image) => ({ ...image, prompt: `${image.prompt} z` }),
  'a letter in another case': (image) => ({ ...image, prompt: `X${image.prompt?.slice(1)}` }),
  'another seed, or one where there was none': (image) => ({
    ...image,
    seed: (image.seed ?? -1) + 1,
  }),
  'another revision, or one where there was none': (image) => ({
    ...image,
    revision: (image.revision ?? -1) + 1,
  }),
  'another aspect ratio': (image) => ({
    ...without(image, 'size'),
    aspectRatio: image.aspectRatio === '21:9' ? '2:3' : '21:9',
  }),
  'another size': (image) => ({
    ...without(image, 'aspectRatio'),
    size: image.size === '640x640' ? '648x640' : '640x640',
  }),
  'a reference more': (image) => ({
    ...image,
    references: [...(image.references ?? []), 'https://example.org/more.png'],
  }),
  'a reference in front': (image) => ({
    ...image,
    references: ['./face.png', './other.png', ...(image.references ?? [])],
  }),
  'another provider option': (image) => ({
    ...image,
    providerOptions: {
      ...image.providerOptions,
      promptOptimizer: image.providerOptions?.['promptOptimizer'] !== true,
    },
  }),
}

describe('a key changes with', () => {
  test.each(Object.entries(changes))('%s', (_, change) => {
    fc.assert(
      fc.property(image, (before) => {
        expect(keyOf(change(before))).not.toBe(keyOf(before))
      }),
      { numRuns: 100 },
    )
  })

  test('another model', () => {
    const before: ImageSettings = { prompt: 'x', aspectRatio: '1:1' }
    expect(keyOf({ ...before, model: 'image-01-live' })).not.toBe(keyOf(before))
  })

  test('the order of references, and the bytes of a file', () => {
    const keys = [
      ['./face.png', './other.png'],
      ['./other.png', './face.png'],
      ['./face.png'],
      ['./other.png'],
    ].map((references) => keyOf({ prompt: 'x', references }))
    expect(new Set(keys).size).toBe(4)
    expect(keyOf({ prompt: 'x', references: ['./same-face.png'] })).toBe(keys[2])
  })

  test('the recipe and the pick of a reference, at any distance', () => {
    const scene: ImageSettings = { prompt: 'x', references: ['#middle'] }
    const through = (sheet: ImageSettings): string =>
      keyOf(scene, { middle: { prompt: 'm', references: ['#sheet'] }, sheet })
    const before = through({ prompt: 's' })
    expect(through({ prompt: 's', pick: 2 })).not.toBe(before)
    expect(through({ prompt: 's', seed: 1 })).not.toBe(before)
    expect(through({ source: './face.png' })).not.toBe(before)
    expect(through({ prompt: 's', n: 4, alt: 'Sheet', output: { quality: 1 } })).toBe(before)
    expect(through({ prompt: 's', process: ['flip'] })).toBe(before)
  })
})

describe('a key is the same for', () => {
  test.each<[string, ImageSettings, ImageSettings]>([
    ['what the model does anyway', { prompt: 'x' }, { prompt: 'x', aspectRatio: '1:1' }],
    [
      'options that say what the model does anyway',
      { prompt: 'x' },
      { prompt: 'x', providerOptions: { promptOptimizer: false } },
    ],
    ['no references', { prompt: 'x' }, { prompt: 'x', references: [] }],
    [
      'the type that references have anyway',
      { prompt: 'x', references: ['./face.png'] },
      { prompt: 'x', references: [{ from: './face.png', type: 'character' }] },
    ],
    ['composed and decomposed letters', { prompt: 'caf\u00e9' }, { prompt: 'cafe\u0301' }],
    ['blanks at line ends', { prompt: 'a\nb' }, { prompt: '  a \t\r\nb  \n' }],
    ['a file under another name', { source: './face.png' }, { source: './same-face.png' }],
  ])('%s', (_, one, other) => {
    const reference = { it: { prompt: 'y', references: ['#sheet'] } }
    expect(keyOf(reference.it, { sheet: other })).toBe(keyOf(reference.it, { sheet: one }))
  })

  test('settings and words from any level', () => {
    const fields: ImageSettings = { prompt: 'Kira, ${look}', seed: 7, size: '512x512' }
    const expected = keyOf({ ...fields, prompt: 'Kira, flat' })
    const alone = JSON.stringify({ images: { it: {} } })
    const own = JSON.stringify({ vars: { look: 'flat' }, defaults: fields, images: { it: {} } })
    const byMatrix = JSON.stringify({
      images: { 'it-${look}': { ...fields, matrix: { look: ['flat', 'ink'] } } },
    })
    expect(keysOf({ 'a.image.yaml': alone }, { defaults: fields, vars: { look: 'flat' } })).toEqual(
      {
        'a.image.yaml#it': expected,
      },
    )
    expect(keysOf({ 'a.image.yaml': own }, { vars: { look: 'ink' } })).toEqual({
      'a.image.yaml#it': expected,
    })
    expect(keysOf({ 'a.image.yaml': byMatrix })['a.image.yaml#it-flat']).toBe(expected)
  })
})
