import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LIST, updateFolder } from '../../src/cli/folders/export-folder.ts'
import { sha256 } from '../../src/shared/hash.ts'

const NOTHING = { images: {}, names: {} }
const PRIVATE = 'somebody’s own'

interface Place {
  readonly out: string
  readonly outside: string
  /** A list of an earlier export that a commit brought. */
  readonly claim: (...names: string[]) => void
  readonly wanted: (...names: string[]) => Map<string, { file: string; sha256: string }>
}

function place(): Place {
  const folder = mkdtempSync(path.join(tmpdir(), 'imagegen-export-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [out, outside] = [path.join(folder, 'out'), path.join(folder, 'outside')]
  mkdirSync(path.join(outside, 'deep'), { recursive: true })
  mkdirSync(out)
  for (const name of ['.bashrc', 'a.webp', 'deep/a.webp']) {
    writeFileSync(path.join(outside, name), PRIVATE)
  }
  const file = path.join(folder, 'rendition.webp')
  writeFileSync(file, 'picture')
  return {
    out,
    outside,
    claim(...names) {
      const files = Object.fromEntries(names.map((name) => [name, sha256(PRIVATE)]))
      writeFileSync(path.join(out, LIST), JSON.stringify({ version: 1, ...NOTHING, files }))
    },
    wanted: (...names) => new Map(names.map((name) => [name, { file, sha256: sha256('picture') }])),
  }
}

function expectUntouched(outside: string): void {
  for (const name of ['.bashrc', 'a.webp', 'deep/a.webp']) {
    expect(readFileSync(path.join(outside, name), 'utf8')).toBe(PRIVATE)
  }
  expect(readdirSync(outside).sort()).toEqual(['.bashrc', 'a.webp', 'deep'])
}

describe('a file that the list of an earlier export names', () => {
  test('is not removed behind a link, whatever its name', async () => {
    const { out, outside, claim, wanted } = place()
    symlinkSync(outside, path.join(out, 'link'))
    symlinkSync('link', path.join(out, 'twice'))
    symlinkSync(path.join(outside, 'a.webp'), path.join(out, 'file.webp'))
    claim(
      'link/.bashrc',
      'link/a.webp',
      'twice/deep/a.webp',
      'file.webp',
      './link/a.webp',
      'link//a.webp',
      'link/../../outside/a.webp',
    )
    expect(await updateFolder(out, wanted('b.webp'), NOTHING)).toMatchObject({ removed: [] })
    expectUntouched(outside)
    expect(existsSync(path.join(out, 'file.webp'))).toBe(true)
  })

  test('is not removed outside the folder, however its path is spelled', async () => {
    const { out, outside, claim, wanted } = place()
    claim(
      '../outside/a.webp',
      '..\\outside\\a.webp',
      'x/../../outside/a.webp',
      'x\\..\\..\\outside\\a.webp',
      path.join(outside, 'a.webp'),
      'C:\\outside\\a.webp',
      'C:a.webp',
      '\\\\server\\share\\a.webp',
    )
    expect(await updateFolder(out, wanted('b.webp'), NOTHING)).toMatchObject({ removed: [] })
    expectUntouched(outside)
  })

  test('is not removed if it is not a picture', async () => {
    const { out, claim, wanted } = place()
    const names = ['.bashrc', 'main.ts', 'package.json', 'kept.WEBP.txt']
    for (const name of names) writeFileSync(path.join(out, name), PRIVATE)
    claim(...names)
    expect(await updateFolder(out, wanted('b.webp'), NOTHING)).toMatchObject({ removed: [] })
    expect(names.filter((name) => !existsSync(path.join(out, name)))).toEqual([])
  })

  test('is not removed if it is a file that was just written under another name', async () => {
    const { out, claim, wanted } = place()
    // Stands for two spellings on a file system that knows no case.
    await updateFolder(out, wanted('kira.webp'), NOTHING)
    linkSync(path.join(out, 'kira.webp'), path.join(out, 'Kira.webp'))
    claim('Kira.webp')
    const list = JSON.parse(readFileSync(path.join(out, LIST), 'utf8')) as { files: object }
    list.files = { 'Kira.webp': sha256('picture'), 'kira.webp': sha256('picture') }
    writeFileSync(path.join(out, LIST), JSON.stringify(list))
    expect(await updateFolder(out, wanted('kira.webp'), NOTHING)).toMatchObject({ removed: [] })
    expect(readFileSync(path.join(out, 'kira.webp'), 'utf8')).toBe('picture')
  })
})

describe('an exported file', () => {
  test('is not written behind a link, and then nothing is written', async () => {
    for (const link of ['link', 'b.webp', LIST]) {
      const { out, outside, wanted } = place()
      const target = link === 'link' ? outside : path.join(outside, 'a.webp')
      symlinkSync(target, path.join(out, link))
      const names = ['z.webp', link === LIST ? 'y.webp' : link === 'link' ? 'link/c.webp' : link]
      await expect(updateFolder(out, wanted(...names), NOTHING)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('a symbolic link is in the way'),
      })
      expectUntouched(outside)
      expect(readdirSync(out)).toEqual([link])
    }
  })

  test('is not written behind a dangling link', async () => {
    const { out, outside, wanted } = place()
    symlinkSync(path.join(outside, 'later'), path.join(out, 'link'))
    await expect(updateFolder(out, wanted('link/a.webp'), NOTHING)).rejects.toMatchObject({
      code: 'usage',
    })
    expectUntouched(outside)
  })

  test('goes to the folder that the user named, also through a link', async () => {
    const { out, outside, wanted } = place()
    const named = `${out}-named`
    symlinkSync(out, named)
    expect(await updateFolder(named, wanted('a/b.webp'), NOTHING)).toMatchObject({
      written: ['a/b.webp'],
    })
    expect(await updateFolder(named, wanted('a/c.webp'), NOTHING)).toMatchObject({
      removed: ['a/b.webp'],
    })
    expect(readdirSync(path.join(out, 'a'))).toEqual(['c.webp'])
    expectUntouched(outside)
  })
})
