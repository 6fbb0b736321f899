import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolveOptions } from '../../src/options.ts'
import { temporaryProject, type FileTree } from '../temporary-project.ts'

async function storeDirOf(files: FileTree, inline: unknown = {}, start = '.'): Promise<string> {
  const project = await temporaryProject({ 'site/package.json': '{}', ...files })
  const { root, storeDir } = await resolveOptions({
    start: project.file(path.join('site', start)),
    inline,
    mode: 'production',
    isBuild: true,
    environment: {},
  })
  return path.relative(root, storeDir)
}

const OUTSIDE = ['../pictures', '..', '/tmp/pictures', 'art/../../pictures']

describe('a store outside the root', () => {
  test.for(OUTSIDE)('%s is refused from a JSON file', async (dir) => {
    const json = JSON.stringify({ store: { dir } })
    await expect(storeDirOf({ 'site/imagegen.config.json': json })).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('is outside the project'),
    })
  })

  test.for(OUTSIDE)('%s is refused from code without `outside`', async (dir) => {
    const code = `export default { store: { dir: ${JSON.stringify(dir)} } }`
    for (const ending of ['ts', 'js', 'mjs']) {
      await expect(storeDirOf({ [`site/imagegen.config.${ending}`]: code })).rejects.toMatchObject({
        code: 'config',
      })
    }
    await expect(storeDirOf({}, { store: { dir } })).rejects.toMatchObject({ code: 'config' })
  })

  test('is accepted from code with `outside`', async () => {
    const code = "export default { store: { dir: '../pictures', outside: true } }"
    for (const ending of ['ts', 'js', 'mjs']) {
      expect(await storeDirOf({ [`site/imagegen.config.${ending}`]: code })).toBe('../pictures')
    }
    expect(await storeDirOf({}, { store: { dir: '../pictures', outside: true } })).toBe(
      '../pictures',
    )
  })

  test('is never allowed by a JSON file', async () => {
    for (const dir of ['../pictures', '.imagegen']) {
      const json = JSON.stringify({ store: { dir, outside: true } })
      await expect(storeDirOf({ 'site/imagegen.config.json': json })).rejects.toMatchObject({
        code: 'config',
        message: expect.stringContaining('`store.outside` can be set in code only'),
      })
    }
  })
})

test('a store that is a link, or behind one that leads outside, is refused by its real path', async () => {
  const project = await temporaryProject({ 'site/package.json': '{}' })
  mkdirSync(project.file('elsewhere'))
  symlinkSync('../elsewhere', project.file('site/.imagegen'))
  symlinkSync('../elsewhere', project.file('site/art'))
  const resolve = (dir: string): Promise<unknown> =>
    resolveOptions({
      start: project.file('site'),
      inline: { store: { dir } },
      mode: 'production',
      isBuild: true,
      environment: {},
    })
  await expect(resolve('.imagegen')).rejects.toMatchObject({ code: 'config' })
  await expect(resolve('art/store')).rejects.toMatchObject({ code: 'config' })
  await expect(resolve('store')).resolves.toMatchObject({ storeIsOutside: false })
})

test('a project that is reached through a link keeps its store', async () => {
  const project = await temporaryProject({ 'site/package.json': '{}' })
  symlinkSync('site', project.file('link'))
  const options = await resolveOptions({
    start: project.file('link'),
    inline: {},
    mode: 'production',
    isBuild: true,
    environment: {},
  })
  expect(options.storeDir).toBe(project.file('link/.imagegen'))
})
