import { toJsonSchema } from '@valibot/to-json-schema'
import { Ajv } from 'ajv'
import * as fc from 'fast-check'
import sharp, { type Sharp } from 'sharp'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { COLOUR_PATTERN, colourSchema } from '../../src/manifest/schema/operations/colour.ts'
import {
  compositeFiles,
  normaliseProcess,
  processProblems,
  processSchema,
  withCompositeFiles,
  type Operation,
  type ProcessSettings,
} from '../../src/manifest/schema/process.ts'

const validate = new Ajv({ strict: false }).compile(toJsonSchema(processSchema) as object)

/** Both validators must agree. */
function isAccepted(operation: unknown): boolean {
  const accepted = v.is(processSchema, [operation])
  expect(validate([operation]), JSON.stringify(operation)).toBe(accepted)
  return accepted
}

/** Passes an operation to sharp unchanged. */
function callSharp({ name, args }: Operation): Sharp {
  const pixel = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')
  const [first, ...rest] = args
  const values =
    name === 'composite' && Array.isArray(first)
      ? [first.map((image) => ({ ...(image as object), input: pixel })), ...rest]
      : args
  const pipeline = sharp(pixel)
  const method = name === 'colourspace' ? 'toColourspace' : name
  return Reflect.apply(Reflect.get(pipeline, method) as () => Sharp, pipeline, values) as Sharp
}

function normalised(operation: unknown): Operation {
  const [normal] = normaliseProcess([operation] as ProcessSettings)
  if (normal === undefined) throw new Error('no operation')
  return normal
}

const accepted: readonly unknown[] = [
  'trim',
  { trim: { background: '#fff', threshold: 0, lineArt: true, margin: 5 } },
  { trim: [{ threshold: 20 }] },
  { extract: { left: 0, top: 0, width: 1, height: 1 } },
  { resize: 1 },
  { resize: { width: 16383 } },
  { resize: [320] },
  { resize: [320, 200] },
  { resize: [null, 200] },
  { resize: [320, null, { kernel: 'nearest' }] },
  {
    resize: {
      width: 10,
      height: 10,
      fit: 'contain',
      position: 'left bottom',
      background: { r: 1, g: 2, b: 3, alpha: 0.5 },
      kernel: 'mks2021',
      withoutEnlargement: true,
      withoutReduction: true,
      fastShrinkOnLoad: false,
    },
  },
  { resize: { width: 10, height: 10, position: 'entropy' } },
  { extend: 1 },
  { extend: { top: 0, bottom: 1, left: 2, right: 3, extendWith: 'mirror', background: 'red' } },
  'rotate',
  { rotate: 90 },
  { rotate: -12.5 },
  { rotate: [45, { background: 'transparent' }] },
  'flip',
  { flip: false },
  'flop',
  { flop: [true] },
  'blur',
  { blur: 0.3 },
  { blur: true },
  { blur: { sigma: 1000, precision: 'approximate', minAmplitude: 0.001 } },
  'sharpen',
  { sharpen: { sigma: 10, m1: 0, m2: 1000000, x1: 1, y2: 2, y3: 3 } },
  'median',
  { median: 1 },
  { median: 1000 },
  'gamma',
  { gamma: 1 },
  { gamma: [3, 1] },
  { modulate: { brightness: 0, saturation: 2.5, hue: -90, lightness: -10 } },
  { tint: 'rebeccapurple' },
  'grayscale',
  { grayscale: true },
  'negate',
  { negate: { alpha: false } },
  'normalise',
  { normalise: { lower: 0, upper: 100 } },
  'threshold',
  { threshold: 0 },
  { threshold: true },
  { threshold: [255, { greyscale: false }] },
  'flatten',
  { flatten: { background: 'hsl(120, 50%, 50%)' } },
  'unflatten',
  'removeAlpha',
  'ensureAlpha',
  { ensureAlpha: 0.5 },
  { composite: { input: './a.png' } },
  { composite: [{ input: '../a.png', blend: 'multiply', tile: true, gravity: 'southeast' }] },
  { composite: [{ input: './a.png', left: -5, top: 16383 }, { input: './b.png' }] },
  { colourspace: 'b-w' },
]

/** Operations that sharp itself refuses. */
const refusedBySharp: readonly unknown[] = [
  { trim: { threshold: -1 } },
  { trim: { margin: 1.5 } },
  { trim: 10 },
  { trim: { background: 'reddish' } },
  { extract: { left: 0, top: 0, width: 1 } },
  { extract: { left: -1, top: 0, width: 1, height: 1 } },
  { resize: 0 },
  { resize: 1.5 },
  { resize: '320' },
  { resize: { width: 10, fit: 'crop' } },
  { resize: { width: 10, position: 'middle' } },
  { resize: { width: 10, kernel: 'bicubic' } },
  { resize: { width: 10, withoutEnlargement: 'yes' } },
  { resize: { width: 10, background: '#12345' } },
  { extend: 0 },
  { extend: '5' },
  { extend: { top: -1 } },
  { extend: { top: 1, extendWith: 'stretch' } },
  { rotate: '90' },
  { rotate: [45, { background: 'rgb(1,2)' }] },
  { blur: 0.2 },
  { blur: 1001 },
  { blur: { precision: 'float' } },
  { blur: { sigma: 1, precision: 'double' } },
  { blur: { sigma: 1, minAmplitude: 0 } },
  { sharpen: {} },
  { sharpen: { sigma: 11 } },
  { sharpen: { sigma: 1, m1: -1 } },
  { median: 0 },
  { median: 2.5 },
  { gamma: 0.9 },
  { gamma: [2, 3.1] },
  { modulate: { brightness: -0.1 } },
  { modulate: { hue: 1.5 } },
  { modulate: 1.2 },
  { tint: 'x' },
  { tint: '#ggg' },
  { negate: { alpha: 'no' } },
  { normalise: { lower: 100 } },
  { normalise: { upper: 0 } },
  { threshold: 256 },
  { threshold: 1.5 },
  { flatten: { background: 'nothing' } },
  { ensureAlpha: 1.1 },
  { ensureAlpha: '1' },
  { composite: [{ input: './a.png', left: 1 }] },
  { composite: [{ input: './a.png', blend: 'darker' }] },
  { composite: [{ input: './a.png', gravity: 'top' }] },
  { composite: [{ input: './a.png', tile: 1 }] },
  { colourspace: 5 },
]

/** Operations that sharp would silently ignore or misread, or that need too much memory. */
const refusedByUs: readonly unknown[] = [
  'resize',
  'extract',
  'tint',
  'greyscale',
  'Trim',
  {},
  [],
  null,
  { flip: null },
  { flip: [] },
  { flip: [true, true] },
  { trim: {}, flip: true },
  { unflatten: false },
  { removeAlpha: true },
  { sharpen: 2 },
  { resize: [] },
  { resize: { widht: 10 } },
  { resize: { width: 16384 } },
  { resize: [100000, 100000] },
  { extend: 16384 },
  { extend: { top: 100000 } },
  { trim: { margin: 100000 } },
  { extract: { left: 0, top: 0, width: 0, height: 1 } },
  { rotate: 1e9 },
  { rotate: Number.POSITIVE_INFINITY },
  { composite: [] },
  { composite: { input: 'https://example.com/a.png' } },
  { composite: { input: '/etc/a.png' } },
  { composite: { input: 'a.png' } },
  { composite: { input: './a.png', density: 300 } },
  { colourspace: 'cmyk' },
  { tint: 'REBECCAPURPLE' },
  { constructor: {} },
]

describe('processSchema', () => {
  it.each(accepted.map((operation) => [operation]))('accepts %j, as sharp does', (operation) => {
    expect(isAccepted(operation)).toBe(true)
    expect(() => callSharp(normalised(operation))).not.toThrow()
  })

  it.each(refusedBySharp.map((operation) => [operation]))(
    'refuses %j, as sharp does',
    (operation) => {
      expect(isAccepted(operation)).toBe(false)
      expect(() => callSharp(normalised(operation))).toThrow(/./)
    },
  )

  it.each(refusedByUs.map((operation) => [operation]))('refuses %j', (operation) => {
    // JSON has no infinity, so the JSON Schema is not checked.
    const isJson = !JSON.stringify(operation).includes('null') || operation === null
    expect(isJson ? isAccepted(operation) : v.is(processSchema, [operation])).toBe(false)
  })

  it('accepts at most 64 operations', () => {
    expect(
      v.is(
        processSchema,
        Array.from({ length: 64 }, () => 'flip'),
      ),
    ).toBe(true)
    expect(
      v.is(
        processSchema,
        Array.from({ length: 65 }, () => 'flip'),
      ),
    ).toBe(false)
    expect(v.is(processSchema, {})).toBe(false)
  })

  it('describes every operation with valid examples', () => {
    const [operation] = [toJsonSchema(processSchema).items].flat()
    const variants = typeof operation === 'object' ? (operation.anyOf ?? []) : []
    const map = variants.find((variant) => typeof variant === 'object' && variant.properties)
    const fields = Object.entries((typeof map === 'object' ? map.properties : undefined) ?? {})
    expect(fields).toHaveLength(21)
    for (const [name, field] of fields) {
      expect(field, name).toMatchObject({ description: expect.stringMatching(/\.$/) })
      const examples = typeof field === 'object' ? (field.examples as unknown[]) : []
      expect(examples.length, name).toBeGreaterThan(0)
      for (const example of examples) expect(isAccepted({ [name]: example }), name).toBe(true)
    }
  })
})

describe('colours', () => {
  const tint = (colour: string): Sharp => sharp(Buffer.alloc(1)).tint(colour)

  it('are readable by sharp for every text that the pattern accepts', () => {
    fc.assert(
      fc.property(fc.stringMatching(COLOUR_PATTERN), (colour) => {
        fc.pre(colour.length <= 200)
        expect(() => tint(colour), colour).not.toThrow()
      }),
      { numRuns: 1000 },
    )
  })

  it('are exactly the names that sharp knows', () => {
    const [names] = (colourSchema as unknown as { options: Array<{ options: string[] }> }).options
    expect(names?.options).toHaveLength(149)
    for (const name of names?.options ?? []) expect(() => tint(name), name).not.toThrow()
  })

  it.each(['#ab', '#abcde', 'rgb(1,2)', 'rgb(1 2 3', 'hsl(1,2,3)', 'blurple', ''])(
    'do not include %j, which sharp refuses as well',
    (colour) => {
      expect(v.is(colourSchema, colour)).toBe(false)
      expect(() => tint(colour)).toThrow(/./)
    },
  )
})

describe('normaliseProcess', () => {
  it('converts the three spellings into one form', () => {
    expect(
      normaliseProcess(['trim', { rotate: 90 }, { rotate: [90] }, { resize: [1, 2] }]),
    ).toEqual([
      { name: 'trim', args: [] },
      { name: 'rotate', args: [90] },
      { name: 'rotate', args: [90] },
      { name: 'resize', args: [1, 2] },
    ])
  })

  it('turns a single composite image into a list', () => {
    const image = { input: './a.png' }
    const expected = [{ name: 'composite', args: [[image]] }]
    expect(normaliseProcess([{ composite: image }])).toEqual(expected)
    expect(normaliseProcess([{ composite: [image] }])).toEqual(expected)
  })

  it('returns nothing for nothing', () => {
    expect(normaliseProcess(undefined)).toEqual([])
  })
})

describe('composite files', () => {
  const operations = normaliseProcess([
    'trim',
    { composite: [{ input: './a.png', left: 1, top: 2 }, { input: './b.png' }] },
  ])

  it('are listed with their positions', () => {
    expect(compositeFiles(operations)).toEqual([
      { path: './a.png', operation: 1, image: 0 },
      { path: './b.png', operation: 1, image: 1 },
    ])
  })

  it('are in the arguments by sha256, without their paths', () => {
    const resolve = (path: string): { file: string; sha256: string } => ({
      file: `/project/${path}`,
      sha256: `hash of ${path}`,
    })
    expect(withCompositeFiles(operations, resolve)).toEqual([
      { name: 'trim', args: [] },
      {
        name: 'composite',
        args: [[{ input: 'hash of ./a.png', left: 1, top: 2 }, { input: 'hash of ./b.png' }]],
        files: [
          { file: '/project/./a.png', sha256: 'hash of ./a.png' },
          { file: '/project/./b.png', sha256: 'hash of ./b.png' },
        ],
      },
    ])
  })
})

describe('processProblems', () => {
  it.each([
    [{ normalise: { lower: 50, upper: 40 } }, '`lower` (50) must be less than `upper` (40).'],
    [{ normalise: { lower: 99 } }, '`lower` (99) must be less than `upper` (99).'],
  ])('finds the problem that sharp refuses in %j', (operation, message) => {
    const operations = normaliseProcess(['flip', operation])
    expect(isAccepted(operation)).toBe(true)
    expect(processProblems(operations)).toEqual([{ operation: 1, message }])
    expect(() => callSharp(normalised(operation))).toThrow(/./)
  })

  it.each([{ resize: [16383, 16383] }, { resize: { width: 10001, height: 10000 } }])(
    'finds the size that exceeds the memory in %j',
    (operation) => {
      expect(processProblems(normaliseProcess([operation]))).toHaveLength(1)
    },
  )

  it('finds nothing in valid operations', () => {
    expect(processProblems(normaliseProcess(accepted as ProcessSettings))).toEqual([])
  })
})
