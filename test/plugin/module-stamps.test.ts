import { lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createStamps } from '../../src/plugin/session/module-stamps.ts'
import { temporaryProject } from '../temporary-project.ts'

test('a stamp that was replaced by a link is written anew, and what it led to is left alone', async () => {
  const project = await temporaryProject({ 'notes.txt': 'mine' })
  const stamps = createStamps(project.file('cache'), project.root)
  const id = { file: project.file('a.image.yaml'), image: undefined }
  mkdirSync(project.file('cache/modules'), { recursive: true })
  symlinkSync(project.file('notes.txt'), stamps.fileOf(id))
  expect(stamps.write(id, { code: 'export {}' })).toBe(true)
  expect(readFileSync(project.file('notes.txt'), 'utf8')).toBe('mine')
  expect(lstatSync(stamps.fileOf(id)).isFile()).toBe(true)
  expect(stamps.known()).toEqual([id])
  expect(stamps.write(id, { code: 'export {}' })).toBe(false)
})
