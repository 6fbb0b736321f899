import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFaultsFile } from '../../src/emulator/index.ts'
import { ImagegenError } from '../../src/shared/errors.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'imagegen-faults-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function write(text: string): string {
  const file = path.join(folder, 'faults.json')
  writeFileSync(file, text)
  return file
}

function problemsOf(file: string): ImagegenError {
  try {
    readFaultsFile(file)
  } catch (error) {
    if (error instanceof ImagegenError) return error
    throw error
  }
  throw new Error('nothing was wrong')
}

describe('a file with faults', () => {
  it('is a list in JSON, with patterns between slashes', () => {
    const text = `[
\t{ "kind": "status", "code": 1026, "match": "robot", "times": 2 },
\t{ "kind": "http", "status": 502, "match": "/sad.*robot/i", "retryAfter": "3" },
\t{ "kind": "hang", "when": "middle", "probability": 0.25, "seed": 4 }
]`
    expect(readFaultsFile(write(text))).toEqual([
      { kind: 'status', code: 1026, match: 'robot', times: 2 },
      { kind: 'http', status: 502, match: /sad.*robot/i, retryAfter: '3' },
      { kind: 'hang', when: 'middle', probability: 0.25, seed: 4 },
    ])
  })

  it.each<[what: string, text: string, line: number, column: number, message: RegExp]>([
    ['an unknown kind', '[\n  { "kind": "explode" }\n]', 2, 13, /faults\.0\.kind: .*"explode"/],
    ['an unknown field', '[\n  { "kind": "bomb", "size": 3 }\n]', 2, 29, /faults\.0\.size: /],
    ['a missing field', '[\n  { "kind": "status" }\n]', 2, 3, /faults\.0\.code: /],
    ['a wrong type', '[{ "kind": "status", "code": "x" }]', 1, 30, /faults\.0\.code: /],
    ['a broken pattern', '[{ "kind": "bomb", "match": "/(/" }]', 1, 29, /match: .*Unterminated/],
    ['no list', '{ "kind": "bomb" }', 1, 1, /^faults: /],
    ['broken JSON', '[\n  { "kind": "bomb",\n', 3, 1, /./],
  ])('shows the place of %s', (_, text, line, column, message) => {
    const error = problemsOf(write(text))
    expect(error.code).toBe('usage')
    expect(error.problems[0]!.message).toMatch(message)
    expect(error.problems[0]!.place).toMatchObject({ line, column })
    expect(error.problems[0]!.place!.frame).toContain('^')
  })

  it('shows all problems at once', () => {
    const error = problemsOf(write('[{ "kind": "status" }, { "kind": "http", "status": 99 }]'))
    expect(error.problems.map(({ place }) => place!.column)).toEqual([2, 52])
  })

  it('must exist', () => {
    const error = problemsOf(path.join(folder, 'missing.json'))
    expect(error.code).toBe('usage')
    expect(error.message).toContain('missing.json')
    expect(problemsOf(folder).code).toBe('usage')
  })
})
