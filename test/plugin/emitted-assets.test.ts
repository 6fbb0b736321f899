import { expect, test } from 'vitest'
import { emitRenditions } from '../../src/plugin/hosts/emitted-assets.ts'
import type { Loaded } from '../../src/plugin/session/load-module.ts'
import { temporaryProject } from '../temporary-project.ts'

test('the renditions of an image are emitted in their order, and named by their references', async () => {
  const { root, file } = await temporaryProject({ 'cache/a-8.webp': '8', 'cache/a-16.webp': '16' })
  const renditions = [8, 16].map((width) => {
    const rendition = { format: 'webp', width, height: width, bytes: 1, sha256: '' } as const
    return { ...rendition, file: file(`cache/a-${width}.webp`) }
  })
  const emitted: string[] = []
  const emitter = {
    emitFile(asset: { name: string; originalFileName: string; source: Uint8Array }) {
      emitted.push(`${asset.name} of ${asset.originalFileName}: ${String(asset.source)}`)
      return `reference${emitted.length}`
    },
  }
  const loaded: Loaded = { kind: 'image', alt: '', rendered: { renditions }, files: [] }
  expect([...emitRenditions(loaded, emitter, root)]).toEqual([
    [file('cache/a-8.webp'), 'reference1'],
    [file('cache/a-16.webp'), 'reference2'],
  ])
  expect(emitted).toEqual(['a-8.webp of cache/a-8.webp: 8', 'a-16.webp of cache/a-16.webp: 16'])
  expect(emitRenditions({ kind: 'manifest', entries: [], files: [] }, emitter, root).size).toBe(0)
})
