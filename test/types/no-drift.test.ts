import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '../..')

/** A copy of the source in which the tests change lines. */
let copy: string

beforeAll(() => {
  copy = mkdtempSync(path.join(os.tmpdir(), 'imagegen-drift-'))
  cpSync(path.join(root, 'src'), path.join(copy, 'src'), { recursive: true })
  cpSync(path.join(root, 'package.json'), path.join(copy, 'package.json'))
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'))
  const { compilerOptions } = JSON.parse(
    readFileSync(path.join(root, 'tsconfig.json'), 'utf8'),
  ) as {
    compilerOptions: object
  }
  writeFileSync(
    path.join(copy, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['src'] }),
  )
})

afterAll(() => rmSync(copy, { recursive: true, force: true }))

interface Change {
  readonly what: string
  readonly file: string
  /** The line behind which the other one is added. */
  readonly after: string
  readonly line: string
  /** The files in which the compiler has to complain. */
  readonly found: readonly string[]
}

/** Each of these adds a field on one side only. The compiler takes seconds, so it looks at several at once. */
const ROUNDS: ReadonlyArray<readonly Change[]> = [
  [
    {
      what: 'a field of an image without a schema',
      file: 'src/manifest/schema/schema.ts',
      after: 'export interface ImageFields {',
      line: '  readonly mood?: string | undefined',
      found: ['src/manifest/schema/schema.ts', 'src/manifest/resolve/resolve-image.ts'],
    },
    {
      what: 'an option without a schema',
      file: 'src/options/options.ts',
      after: 'export interface Options {',
      line: '  readonly mood?: string | undefined',
      found: ['src/options/check-options.ts'],
    },
    {
      what: 'a field of a recipe that enters no key and no queued job',
      file: 'src/plan/recipe.ts',
      after: 'export interface Recipe {',
      line: '  readonly mood?: string',
      found: ['src/plan/recipe.ts', 'src/generate/order.ts'],
    },
  ],
  [
    {
      what: 'a schema without a field of an image',
      file: 'src/manifest/schema/schema.ts',
      after: 'const imageFields = {',
      line: "  mood: field(v.string(), { description: 'How it feels.' }),",
      found: ['src/manifest/schema/schema.ts'],
    },
    {
      what: 'a schema without an option',
      file: 'src/options/check-options.ts',
      after: 'const optionsSchema = v.strictObject({',
      line: '  mood: v.optional(v.string()),',
      found: ['src/options/check-options.ts'],
    },
    {
      what: 'a schema of a queued recipe without a field of a recipe',
      file: 'src/generate/order.ts',
      after: 'const recipeEntries = {',
      line: '  mood: v.exactOptional(v.string()),',
      found: ['src/generate/order.ts'],
    },
    {
      what: 'a field of an entry that decides the picture and is in no recipe',
      file: 'src/manifest/entry.ts',
      after: 'export interface GeneratedSubject {',
      line: '  readonly mood: string | undefined',
      found: ['src/manifest/resolve/resolve-image.ts', 'src/plan/recipe.ts'],
    },
  ],
  [
    {
      what: 'a field of a matrix without a schema',
      file: 'src/manifest/schema/schema.ts',
      after: 'export interface ImageSettings extends ImageFields {',
      line: '  readonly moods?: string | undefined',
      found: ['src/manifest/schema/schema.ts', 'src/manifest/resolve/resolve-image.ts'],
    },
  ],
]

/** The files in which the compiler complains about `mood` after these changes. */
function filesWithErrors(changes: readonly Change[]): string[] {
  const before = changes.map(({ file, after, line }) => {
    const place = path.join(copy, file)
    const text = readFileSync(place, 'utf8')
    expect(text.split(after).length, `${file} holds the line once`).toBe(2)
    writeFileSync(place, text.replace(after, `${after}\n${line}`))
    return { place, text }
  })
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(
    process.execPath,
    [tsc, '-p', copy, '--noEmit', '--pretty', 'false'],
    { cwd: copy, encoding: 'utf8' },
  )
  for (const { place, text } of before) writeFileSync(place, text)
  const complaints = stdout.split(/^(?=src\/)/m).filter((complaint) => complaint.includes('mood'))
  return complaints.flatMap((complaint) => /^src\/[^(]+/.exec(complaint) ?? [])
}

describe.each(ROUNDS.map((changes) => ({ changes })))('each is a type error', ({ changes }) => {
  let found: readonly string[] = []
  beforeAll(() => {
    found = filesWithErrors(changes)
  })

  it.each(changes)('$what', ({ found: expected }) => {
    expect(found).toEqual(expect.arrayContaining([...expected]))
  })
})
