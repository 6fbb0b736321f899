import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { formatProblem, ImagegenError } from '../../src/shared/errors.ts'
import { readFileIfThere, writeFileAtomic, writeFileIfChanged } from '../../src/shared/files.ts'
import { redact, redacting } from '../../src/shared/logger.ts'
import { codeFrame } from '../../src/shared/place.ts'
import { nearest } from '../../src/shared/suggest.ts'
import { temporaryProject } from '../temporary-project.ts'

describe('code frames', () => {
  test('number the lines and put the caret below the column, tabs included', () => {
    expect(codeFrame('one\n\ttwo\nthree', 2, 2)).toBe(
      ['  1 | one', '> 2 | \ttwo', '    | \t^', '  3 | three'].join('\n'),
    )
  })

  test('hide control characters and bidirectional marks, and clip long lines', () => {
    expect(codeFrame('a\u001b[31m\u202eb', 1, 1)).not.toMatch(/[\u001b\u202e]/)
    expect(codeFrame('x'.repeat(5000), 1, 1).length).toBeLessThan(400)
  })
})

test('a problem says what, where and what to do now', () => {
  const place = { file: 'a.image.yaml', line: 3, column: 5, frame: '> 3 | x' }
  expect(formatProblem({ message: 'Wrong.', place, hint: 'Mend it.' })).toBe(
    'a.image.yaml:3:5  Wrong.\n> 3 | x\n  → Mend it.',
  )
  const cause = new Error('below')
  const error = new ImagegenError('manifest', [{ message: 'One.' }, { message: 'Two.' }], {
    summary: 'Both:',
    cause,
  })
  expect(error).toMatchObject({ message: 'Both:\n\nOne.\n\nTwo.', cause, code: 'manifest' })
})

test.each([
  ['promt', 'prompt'],
  ['widht', 'width'],
  ['KIRA', 'kira'],
  ['x', undefined],
  ['entirely', undefined],
])('the name nearest to %s is %s', (name, expected) => {
  expect(nearest(name, ['prompt', 'width', 'kira', 'aspectRatio'])).toBe(expected)
})

describe('files', () => {
  test('are written atomically, without leftovers, and only where they changed', async () => {
    const { file, root } = await temporaryProject()
    await writeFileAtomic(file('deep/a.txt'), 'one')
    await writeFileAtomic(file('deep/a.txt'), Buffer.from('two'))
    expect(readFileSync(file('deep/a.txt'), 'utf8')).toBe('two')
    expect(readdirSync(file('deep'))).toEqual(['a.txt'])
    expect(await writeFileIfChanged(file('deep/a.txt'), 'two')).toBe(false)
    expect(await writeFileIfChanged(file('deep/a.txt'), 'three')).toBe(true)
    expect(readFileIfThere(file('nothing'))).toBeUndefined()
    expect(readFileIfThere(`${file('deep/a.txt')}/below`)).toBeUndefined()
    expect(() => readFileIfThere(root)).toThrow(/EISDIR/)
  })

  test('that cannot be moved into place leave nothing behind', async () => {
    const { file } = await temporaryProject()
    mkdirSync(file('folder/taken'), { recursive: true })
    await expect(writeFileAtomic(file('folder/taken'), 'x')).rejects.toThrow()
    expect(readdirSync(file('folder'))).toEqual(['taken'])
  })
})

test('secrets are hidden completely in every message', () => {
  const said: string[] = []
  const logger = redacting(
    { info: (m) => said.push(m), warn: (m) => said.push(m), error: (m) => said.push(m) },
    ['sk-secret', ''],
  )
  logger.info('key sk-secret, again sk-secret')
  logger.warn('sk-secret')
  logger.error('none')
  expect(said).toEqual(['key ***, again ***', '***', 'none'])
  // A test's key also occurs in ordinary words.
  expect(redact('a company', ['any'])).toBe('a company')
})
