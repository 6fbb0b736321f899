import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeName } from '../../src/shared/safe-name.ts'
import { baseName, parseFileName } from '../../src/store/file-name.ts'
import { KEY } from './samples.ts'

test.each([
  ['kira', 'kira'],
  ['Kira-at_night', 'Kira-at_night'],
  ['élève', 'eleve'],
  ['tile.spring', 'tile-spring'],
  ['../../etc/passwd', 'etc-passwd'],
  ['a\u0000b\u202Ec', 'a-b-c'],
  ['キラ', 'image'],
  ['', 'image'],
  ['---', 'image'],
  ['CON', 'image-CON'],
  ['com1', 'image-com1'],
  ['com¹', 'image-com1'],
  ['console', 'console'],
  ['x'.repeat(500), 'x'.repeat(60)],
])('the file name for %j is %j', (name, expected) => {
  expect(safeName(name)).toBe(expected)
})

test('every name gives file names that are safe on every system', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.integer({ min: 1, max: 99 }),
      (name, number) => {
        const base = baseName(name, KEY, KEY, number)
        expect(base).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]*\.[0-9a-f]{16}\.[0-9a-f]{8}$/)
        expect(base.length).toBeLessThan(100)
        expect(base).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d)\./i)
        expect(parseFileName(`${base}.jpg`)).toMatchObject({ base, extension: 'jpg' })
      },
    ),
  )
})

test('numbered names differ, even for a name of the greatest length', () => {
  const names = [1, 2, 3].map((number) => baseName('x'.repeat(500), KEY, KEY, number))
  expect(new Set(names).size).toBe(3)
})

test.each([
  'kira.jpg',
  'kira.0123.01234567.jpg',
  '.0123456789abcdef.01234567.jpg',
  'README.md',
  '.gitignore',
])('%s is not a name of the store', (file) => {
  expect(parseFileName(file)).toBeUndefined()
})
