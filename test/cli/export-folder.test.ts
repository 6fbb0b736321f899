import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LIST, updateFolder } from '../../src/cli/folders/export-folder.ts'
import { sha256 } from '../../src/shared/hash.ts'

test('a file that is no more what it was is not exported, nor listed', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'imagegen-export-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'rendition.webp')
  const out = path.join(folder, 'out')
  writeFileSync(file, 'as it was')
  const wanted = new Map([['a.webp', { file, sha256: sha256('as it was') }]])
  const list = { images: {}, names: {} }
  await updateFolder(out, wanted, list)
  const before = readFileSync(path.join(out, LIST), 'utf8')

  writeFileSync(file, 'as it is')
  wanted.set('b.webp', { file, sha256: sha256('as it was') })
  await expect(updateFolder(out, wanted, list)).rejects.toMatchObject({
    code: 'render',
    message: expect.stringContaining('was changed while it was exported'),
  })
  expect(existsSync(path.join(out, 'b.webp'))).toBe(false)
  expect(readFileSync(path.join(out, LIST), 'utf8')).toBe(before)
})
