import {
  chmodSync,
  copyFileSync,
  cpSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createCacheSeal } from '../../src/shared/cache-seal.ts'
import { temporaryProject } from '../temporary-project.ts'

/** The modes that git gives a file, under every umask, and the modes of a file that is `lockable` in Git LFS. */
const COMMITTED_MODES = Array.from({ length: 0o100 }, (_, umask) => umask).flatMap((umask) =>
  [0o666 & ~umask, 0o777 & ~umask].flatMap((mode) => [mode, mode & 0o555]),
)

async function cacheFolder(): Promise<string> {
  return (await temporaryProject()).file('cache')
}

test('a signature is valid only for its parts, in every process that uses the folder', async () => {
  const folder = await cacheFolder()
  const signature = createCacheSeal(folder).sign('ab', Buffer.from('c'))
  const other = createCacheSeal(folder)
  expect(other.isSigned(signature, 'ab', 'c')).toBe(true)
  expect(other.isSigned(signature, 'a', 'bc')).toBe(false)
  expect(other.isSigned(signature, 'abc')).toBe(false)
  expect(createCacheSeal(await cacheFolder()).isSigned(signature, 'ab', 'c')).toBe(false)
})

test('looking at a folder creates no key; the first signature creates one that git ignores', async () => {
  const folder = await cacheFolder()
  const seal = createCacheSeal(folder)
  expect(seal.isSigned('0'.repeat(64), 'x')).toBe(false)
  expect(() => readdirSync(folder)).toThrow('ENOENT')
  seal.sign('x')
  expect(readdirSync(folder).sort()).toEqual(['.gitignore', 'key'])
  expect(readFileSync(path.join(folder, '.gitignore'), 'utf8')).toContain('/key*\n')
})

test('a key with any mode that a checkout can give is ignored', async () => {
  const folder = await cacheFolder()
  const theirs = createCacheSeal(folder)
  const signature = theirs.sign('x')
  const key = path.join(folder, 'key')
  const { mode } = statSync(key)
  for (const committed of new Set(COMMITTED_MODES)) {
    chmodSync(key, committed)
    expect(createCacheSeal(folder).isSigned(signature, 'x')).toBe(false)
  }
  const ours = createCacheSeal(folder).sign('x')
  expect(ours).not.toBe(signature)
  expect(readdirSync(folder).sort()).toEqual(['.gitignore', 'key', 'key-2'])
  expect(createCacheSeal(folder).isSigned(ours, 'x')).toBe(true)
  chmodSync(key, mode)
  expect(createCacheSeal(folder).isSigned(signature, 'x')).toBe(true)
})

test('a link to a key with the mark is not a key', async () => {
  const elsewhere = await cacheFolder()
  const folder = await cacheFolder()
  const signature = createCacheSeal(elsewhere).sign('x')
  createCacheSeal(folder).sign('x')
  rmSync(path.join(folder, 'key'))
  symlinkSync(path.join(elsewhere, 'key'), path.join(folder, 'key'))
  expect(createCacheSeal(folder).isSigned(signature, 'x')).toBe(false)
})

test('a copy with its modes, as CI services make it, is as valid as the original', async () => {
  const folder = await cacheFolder()
  const signature = createCacheSeal(folder).sign('x')
  const copy = await cacheFolder()
  cpSync(folder, copy, { recursive: true })
  expect(createCacheSeal(copy).isSigned(signature, 'x')).toBe(true)
})

test.each([0o002, 0o007, 0o022, 0o027])(
  'a copy that was unpacked under the umask %o is valid too',
  async (umask) => {
    const folder = await cacheFolder()
    const signature = createCacheSeal(folder).sign('x')
    const key = path.join(folder, 'key')
    chmodSync(key, statSync(key).mode & 0o777 & ~umask)
    expect(createCacheSeal(folder).isSigned(signature, 'x')).toBe(true)
  },
)

test('a folder that is deleted under a running process is created again', async () => {
  const folder = await cacheFolder()
  const running = createCacheSeal(folder)
  running.sign('x')
  rmSync(folder, { recursive: true })
  const other = createCacheSeal(folder)
  expect(other.isSigned(running.sign('y'), 'y')).toBe(true)
  rmSync(folder, { recursive: true })
  expect(running.isSigned(other.sign('z'), 'z')).toBe(false)
  expect(other.isSigned(running.sign('z'), 'z')).toBe(true)
})

test('a damaged key, and a copy of one under a later name, cause no failure', async () => {
  const folder = await cacheFolder()
  const first = createCacheSeal(folder).sign('x')
  copyFileSync(path.join(folder, 'key'), path.join(folder, 'key-3'))
  writeFileSync(path.join(folder, 'key'), 'damaged')
  const second = createCacheSeal(folder).sign('x')
  expect(second).not.toBe(first)
  expect(createCacheSeal(folder).isSigned(second, 'x')).toBe(true)
})
