import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '../..')

/** A copy of the source in which a test changes one line. */
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

/** The files in which the compiler finds errors. */
function filesWithErrors(): string[] {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  try {
    execFileSync(process.execPath, [tsc, '-p', copy, '--noEmit', '--pretty', 'false'], {
      cwd: copy,
      encoding: 'utf8',
      stdio: 'pipe',
    })
    return []
  } catch (error) {
    const { stdout } = error as { stdout: string }
    return [...new Set([...stdout.matchAll(/^(src\/\S+?)\(/gm)].map(([, file = '']) => file))]
  }
}

/** Adds a line behind the one that holds `after`, for as long as `look` takes. */
function withLine<Found>(
  { file, after, line }: { file: string; after: string; line: string },
  look: () => Found,
): Found {
  const place = path.join(copy, file)
  const text = readFileSync(place, 'utf8')
  expect(text.split(after).length, `${file} holds the line once`).toBe(2)
  writeFileSync(place, text.replace(after, `${after}\n${line}`))
  try {
    return look()
  } finally {
    writeFileSync(place, text)
  }
}

it('the source as it is has no errors', () => {
  expect(filesWithErrors()).toEqual([])
})

it.each([
  [
    'a field of an image without a schema',
    {
      file: 'src/manifest/schema/schema.ts',
      after: 'export interface ImageSettings {',
      line: '  readonly mood?: string | undefined',
    },
    ['src/manifest/schema/schema.ts', 'src/manifest/resolve/resolve-image.ts'],
  ],
  [
    'a schema without a field of an image',
    {
      file: 'src/manifest/schema/schema.ts',
      after: 'const imageFields = {',
      line: "  mood: field(v.string(), { description: 'How it feels.' }),",
    },
    ['src/manifest/schema/schema.ts'],
  ],
  [
    'an option without a schema',
    {
      file: 'src/options/options.ts',
      after: 'export interface Options {',
      line: '  readonly mood?: string | undefined',
    },
    ['src/options/check-options.ts'],
  ],
  [
    'a schema without an option',
    {
      file: 'src/options/check-options.ts',
      after: 'const optionsSchema = v.strictObject({',
      line: '  mood: v.optional(v.string()),',
    },
    ['src/options/check-options.ts'],
  ],
  [
    'a field of a recipe that enters no key',
    {
      file: 'src/plan/recipe.ts',
      after: 'export interface Recipe {',
      line: '  readonly mood?: string',
    },
    ['src/plan/recipe.ts', 'src/generate/order.ts'],
  ],
  [
    'a schema of a queued recipe without a field of a recipe',
    {
      file: 'src/generate/order.ts',
      after: 'const recipeEntries = {',
      line: '  mood: v.exactOptional(v.string()),',
    },
    ['src/generate/order.ts'],
  ],
  [
    'a field of an entry that decides the picture and is in no recipe',
    {
      file: 'src/manifest/entry.ts',
      after: 'export interface GeneratedSubject {',
      line: '  readonly mood: string | undefined',
    },
    ['src/manifest/resolve/resolve-image.ts', 'src/plan/recipe.ts'],
  ],
] as const)('%s is a type error', (_, change, files) => {
  expect(withLine(change, filesWithErrors)).toEqual(expect.arrayContaining([...files]))
})
