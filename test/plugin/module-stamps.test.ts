import { lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { LoadedImage } from '../../src/plugin/session/load-module.ts'
import { sampleCode } from '../../src/plugin/hosts/module-code.ts'
import { nextPictureRequest, webpackRequest, webpackUrl } from '../../src/plugin/hosts/webpack.ts'
import { createModuleStamps } from '../../src/plugin/session/module-stamps.ts'
import { ImagegenError } from '../../src/shared/errors.ts'
import { temporaryProject } from '../temporary-project.ts'

function image(root: string, alt: string): LoadedImage {
  const file = path.join(root, 'cache/renditions/a-0123456789abcdef.webp')
  const rendition = { format: 'webp', width: 8, height: 4, file, bytes: 1, sha256: '' } as const
  return { kind: 'image', alt, rendered: { renditions: [rendition] }, files: [] }
}

test('a stamp that was replaced by a link is replaced again, and the target of the link is left alone', async () => {
  const project = await temporaryProject({ 'notes.txt': 'mine' })
  const stamps = createModuleStamps(project.file('cache'), project.root)
  const id = { file: project.file('a.image.yaml'), image: undefined }
  const loaded = image(project.root, 'A quay')
  mkdirSync(project.file('cache/modules'), { recursive: true })
  symlinkSync(project.file('notes.txt'), stamps.fileOf(id))
  expect(stamps.write(id, loaded)).toBe(true)
  expect(readFileSync(project.file('notes.txt'), 'utf8')).toBe('mine')
  expect(lstatSync(stamps.fileOf(id)).isFile()).toBe(true)
  expect(stamps.write(id, loaded)).toBe(false)
})

test('a refresh names the stamps of modules that show something else, or cannot be loaded', async () => {
  const { root, file } = await temporaryProject()
  const stamps = createModuleStamps(file('cache'), root)
  const idOf = (name: string) => ({ file: file(`${name}.image.yaml`), image: undefined })
  for (const name of ['same', 'other', 'broken', 'foreign']) {
    stamps.write(idOf(name), image(root, name))
  }
  const error = new ImagegenError('manifest', { message: 'It was removed.' })
  const changed = await stamps.refresh(
    async ({ file }) => {
      const name = path.basename(file, '.image.yaml')
      if (name === 'broken') return { kind: 'failed', error, files: [] }
      return image(root, name === 'same' ? 'same' : 'changed')
    },
    async ({ file }) => file.endsWith('foreign.image.yaml'),
  )
  expect(changed.toSorted()).toEqual(
    [stamps.fileOf(idOf('other')), stamps.fileOf(idOf('broken'))].toSorted(),
  )
})

test("a stamp does not depend on the project's folder", async () => {
  const [here, there] = [await temporaryProject(), await temporaryProject()]
  const contents = [here, there].map(({ root, file }) => {
    const stamps = createModuleStamps(file('cache'), root)
    const id = { file: file('a.image.yaml'), image: 'kira' }
    stamps.write(id, image(root, ''))
    return [path.relative(root, stamps.fileOf(id)), readFileSync(stamps.fileOf(id), 'utf8')]
  })
  expect(contents[0]).toEqual(contents[1])
})

test('an error of the plugin itself is not taken for a module that changed', async () => {
  const { root, file } = await temporaryProject()
  const stamps = createModuleStamps(file('cache'), root)
  stamps.write({ file: file('a.image.yaml'), image: undefined }, image(root, ''))
  const error = new TypeError('a bug')
  const refreshed = stamps.refresh(
    async () => ({ kind: 'failed', error, files: [] }),
    async () => false,
  )
  await expect(refreshed).rejects.toBe(error)
})

test('a stamp changes with the code that a host emits, also in one version of this package', async () => {
  const { root, file } = await temporaryProject()
  const id = { file: file('a.image.yaml'), image: undefined }
  const write = (code: string): boolean =>
    createModuleStamps(file('cache'), root, code).write(id, image(root, ''))
  expect(write(sampleCode(root, webpackUrl, webpackRequest))).toBe(true)
  expect(write(sampleCode(root, webpackUrl, webpackRequest))).toBe(false)
  expect(
    write(sampleCode(root, (folder) => webpackUrl(folder, nextPictureRequest), webpackRequest)),
  ).toBe(true)
})

test("the sample of a host's code shows all that a module may contain, and nothing of the project's folder", async () => {
  const code = sampleCode(path.resolve('somewhere'), webpackUrl, webpackRequest)
  expect(code).toContain('blurDataURL: "data:,"')
  expect(code).toContain('color: "#123456"')
  expect(code).toContain('export { _0 as kiraAtNight }')
  expect(code).toContain('["1"]: _1')
  expect(code).toContain('kira-16.avif.webpack[asset/resource]!=!./kira-16.avif')
  expect(code).toBe(sampleCode(path.resolve('elsewhere'), webpackUrl, webpackRequest))
})
