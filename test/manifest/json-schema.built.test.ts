import { cpSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { Ajv } from 'ajv'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseManifest } from '../../src/manifest/read/parse.ts'
import { ImagegenError, type Problem } from '../../src/shared/errors.ts'
import { temporaryProject } from '../temporary-project.ts'
import { documentsLike } from './documents.ts'
import { readFolder, summaries } from './reading.ts'

const fixtures = path.join(import.meta.dirname, '../../fixtures/manifests')
const schema = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../dist/schema.json'), 'utf8'),
) as Schema
const ajv = new Ajv({ strict: true, allowUnionTypes: true })
const accepts = ajv.compile(schema)

interface Schema {
  readonly [keyword: string]: unknown
}

function namesIn(folder: string): string[] {
  return readdirSync(path.join(fixtures, folder)).filter((name) => /\.ya?ml$/.test(name))
}

function textOf(folder: string, name: string): string {
  return readFileSync(path.join(fixtures, folder, name), 'utf8')
}

function problemsOf(text: string): readonly Problem[] {
  try {
    parseManifest(text, 'a.image.yaml')
    return []
  } catch (error) {
    if (error instanceof ImagegenError) return error.problems
    throw error
  }
}

/** The line of the mistake, as the fixture declares it. */
function markedLine(text: string): number {
  return text.split('\n').findIndex((line) => line.endsWith(' wrong')) + 1
}

describe('a good manifest', () => {
  test.each(namesIn('good'))('%s is accepted by both', (name) => {
    const text = textOf('good', name)
    expect(summaries(problemsOf(text))).toEqual([])
    accepts(parse(text))
    expect(accepts.errors).toBeNull()
  })

  test('resolves together with all others', () => {
    expect(summaries(readFolder(path.join(fixtures, 'good')).problems)).toEqual([])
  })

  test('covers every field', () => {
    const written = new Set(namesIn('good').flatMap((name) => keysOf(parse(textOf('good', name)))))
    const known = fieldsOf(schema).map(({ name }) => name)
    expect(known.length).toBeGreaterThan(100)
    expect(known.filter((name) => !written.has(name))).toEqual([])
  })
})

describe('a bad manifest', () => {
  test.each(namesIn('bad'))('%s is refused by both, at its line', (name) => {
    const text = textOf('bad', name)
    const problems = problemsOf(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.place?.line).toBe(markedLine(text))
    expect(accepts(parse(text))).toBe(false)
  })
})

describe('a mistake that spans fields, files or variables', () => {
  test.each(namesIn('unresolvable'))('%s is parsed, then refused at its line', async (name) => {
    const text = textOf('unresolvable', name)
    expect(accepts(parse(text))).toBe(true)
    const { root, file } = await temporaryProject()
    cpSync(path.join(fixtures, 'unresolvable', name), file(name))
    expect(problemsOf(text)).toEqual([])
    const { problems } = readFolder(root)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.place).toMatchObject({ file: name, line: markedLine(text) })
    expect(problems[0]?.place?.frame).not.toBe('')
  })
})

test('the validator and the JSON Schema agree on random documents', () => {
  const good = namesIn('good').map((name) => parse(textOf('good', name)) as unknown)
  let accepted = 0
  fc.assert(
    fc.property(documentsLike(good), (document) => {
      // JSON is YAML.
      const problems = problemsOf(JSON.stringify(document))
      if (problems.length === 0) accepted++
      expect(accepts(document), summaries(problems).join('\n')).toBe(problems.length === 0)
    }),
    { numRuns: 1000 },
  )
  // The comparison needs both valid and invalid documents.
  expect(accepted).toBeGreaterThan(100)
  expect(accepted).toBeLessThan(900)
})

describe('what editors show', () => {
  /** Fields without a default: required ones, and those that are absent by default. */
  const withoutDefault = new Set(
    [
      'images prompt alt size seed revision source matrix when from input left top width height',
      'media image',
      'trim extract resize extend rotate blur sharpen modulate tint negate normalise flatten composite',
      'background sigma r g b distance png aspectRatio',
    ].flatMap((line) => line.split(' ')),
  )

  test.each(fieldsOf(schema).map((field) => [field.path, field] as const))(
    '%s has a description, examples that it takes, and a default',
    (path, { name, field }) => {
      expect(field).toMatchObject({
        description: expect.stringMatching(/^[A-Z].*\.$/s),
        examples: expect.arrayContaining([expect.anything()]),
      })
      if (!withoutDefault.has(name)) expect(field).toHaveProperty('default')
      const takes = ajv.getSchema(`${String(schema['$id'])}#${path}`)
      for (const value of [...(field['examples'] as unknown[]), field['default']]) {
        if (value !== undefined) expect(takes?.(value), JSON.stringify(value)).toBe(true)
      }
    },
  )
})

interface Field {
  readonly name: string
  /** JSON pointer. */
  readonly path: string
  readonly field: Schema
}

/** Keywords whose values are data, or that only check presence. */
const OTHERS = new Set(['default', 'examples', 'enum', 'if', 'dependencies'])

/** Every field that a schema describes, once, without mere references. */
function fieldsOf(value: unknown, path = ''): Field[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([keyword, inner]): Field[] => {
    if (OTHERS.has(keyword)) return []
    if (keyword !== 'properties') return fieldsOf(inner, `${path}/${keyword}`)
    return Object.entries(inner as Record<string, Schema>).flatMap(([name, field]) => {
      const place = `${path}/properties/${name}`
      return '$ref' in field ? [] : [{ name, path: place, field }, ...fieldsOf(field, place)]
    })
  })
}

function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)])
}
