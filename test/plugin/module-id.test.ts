import path from 'node:path'
import { expect, test } from 'vitest'
import {
  formatModuleId,
  isConfigFile,
  MANIFEST_ID,
  parseModuleId,
  splitQuery,
} from '../../src/plugin/module-id.ts'

test.each([
  ['/app/src/cast.image.yaml', undefined],
  ['/app/src/cast.image.yml?imagegen', undefined],
  ['/app/src/cast.image.yaml?imagegen&image=kira', 'kira'],
  ['/app/src/cast.image.yaml?image=01-tile', '01-tile'],
  ['/app/src/cast.image.yaml?import&t=1795341889239&imagegen&image=kira', 'kira'],
  ['/app/src/cast.image.yaml?image=%E6%98%A5', '春'],
  ['/app/src/cast.image.yaml?image=春', '春'],
])('%s is ours', (id, image) => {
  expect(MANIFEST_ID.test(id)).toBe(true)
  const [file] = id.split('?')
  expect(parseModuleId(id)).toEqual({ file: path.normalize(file!), image })
})

test.each([
  '/app/src/cast.yaml',
  '/app/src/cast.image.yaml.js',
  '/app/src/cast.image.json',
  '/app/src/cast.image.yaml?raw',
  '/app/src/cast.image.yaml?url',
  '/app/src/cast.image.yaml?import&raw',
  '/app/src/cast.image.yaml?inline',
  '/app/src/other.js?from=cast.image',
])('%s is left to the host', (id) => {
  expect(parseModuleId(id)).toBeUndefined()
})

test.each([
  '/app/src/my pictures/cast.image.yaml',
  '/app/100% real/cast.image.yaml',
  '/app/%20/cast.image.yaml',
  '/app/c#/cast.image.yaml',
  '/app/größe/春.image.yaml',
  '/app/a&b=c/cast.image.yaml',
  'C:/app/src/cast.image.yaml',
])('%s is the same file after formatting and parsing', (file) => {
  for (const image of [undefined, 'kira', '01-tile', '春.夏', 'e\u0301']) {
    const id = formatModuleId({ file, image })
    expect(id.startsWith(`${file}?imagegen`)).toBe(true)
    expect(MANIFEST_ID.test(id)).toBe(true)
    expect(parseModuleId(id)).toEqual({ file, image })
  }
})

test('a path of Windows keeps its drive and its backslashes until the query', () => {
  const [file, query] = splitQuery(String.raw`C:\app\src\cast.image.yaml?imagegen&image=kira`)
  expect(path.win32.normalize(file)).toBe(String.raw`C:\app\src\cast.image.yaml`)
  expect(query).toBe('imagegen&image=kira')
  expect(MANIFEST_ID.test(String.raw`C:\app\src\cast.image.yaml?imagegen`)).toBe(true)
  expect(parseModuleId(String.raw`C:\app\src\cast.image.yaml?image=kira`)?.image).toBe('kira')
})

test('formatted ids are found again whatever Vite puts around the query', () => {
  const id = formatModuleId({ file: '/app/cast.image.yaml', image: 'kira' })
  expect(id).toBe('/app/cast.image.yaml?imagegen&image=kira')
  expect(formatModuleId({ file: '/app/hero.image.yaml', image: undefined })).toBe(
    '/app/hero.image.yaml?imagegen',
  )
})

test.each([
  ['/app/imagegen.config.ts', true],
  [String.raw`C:\app\imagegen.config.mjs`, true],
  ['/app/imagegen.config.json', true],
  ['/app/my-imagegen.config.ts', false],
  ['/app/imagegen.config.ts.bak', false],
])('%s configures us: %s', (file, expected) => {
  expect(isConfigFile(file)).toBe(expected)
})
