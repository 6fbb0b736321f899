import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import type { ManifestContent } from '../../src/manifest/manifest.ts'
import type { KeptManifests } from '../../src/manifest/read/parsed-cache.ts'
import { createManifestReader, type ManifestsRead } from '../../src/manifest/read/reader.ts'
import { builtSource } from '../build-once.ts'
import { temporaryProject } from '../temporary-project.ts'

const PLACES = { include: ['**/*.image.yaml'], exclude: [] }

/** Enough manifests for a second thread, some of them broken in every way that reading detects. */
function manyManifests(): Record<string, string | Uint8Array> {
  const files = Array.from({ length: 1500 }, (_, index): [string, string | Uint8Array] => {
    const text = `images: { i${index}: { prompt: "${index}", alt: "", seed: ${index} } }`
    const written = {
      0: 'images: {',
      1: 'images: { a: { promt: x } }',
      2: Buffer.from([0xff, 0xfe, 0x20]),
      3: `\uFEFF${text}`,
    }[index % 100]
    return [`m${index}.image.yaml`, written ?? text]
  })
  return Object.fromEntries(files)
}

interface CountingMemory extends KeptManifests {
  /** The results of the other thread. */
  kept: number
}

function memoryOf(): CountingMemory {
  const lines = new Map<string, string>()
  const memory: CountingMemory = {
    kept: 0,
    has: (hash) => lines.has(hash),
    get(hash) {
      const line = lines.get(hash)
      return line === undefined ? undefined : (JSON.parse(line) as ManifestContent)
    },
    set: (hash, content) => void lines.set(hash, JSON.stringify(content)),
    keep(hash, line) {
      memory.kept += 1
      lines.set(hash, line)
    },
    save: () => Promise.resolve(),
  }
  return memory
}

function told({ manifests, broken }: ManifestsRead): unknown {
  return [manifests.map(({ file, text, content }) => [file, text, content]), [...broken]]
}

test('the other thread returns the same results and errors as this one', async () => {
  const { root } = await temporaryProject(manyManifests())
  const file = path.join(await builtSource(), 'manifest/read/reader.js')
  const built = (await import(pathToFileURL(file).href)) as {
    createManifestReader: typeof createManifestReader
  }
  const [one, two] = [memoryOf(), memoryOf()]
  const here = createManifestReader({ root, allow: [root], ...PLACES }, one)
  const there = built.createManifestReader({ root, allow: [root], ...PLACES }, two)
  const expected = told(await here.readAll())
  expect(told(await there.readAll())).toEqual(expected)
  // The source has no JavaScript for a thread to run, so this thread parsed everything.
  expect(one.kept).toBe(0)
  expect(two.kept > 300).toBe(availableParallelism() > 1)
  expect(told(await there.readAll())).toEqual(expected)
})

test('other work has its turn while many manifests are read, and is told how many are', async () => {
  const { root } = await temporaryProject(manyManifests())
  const reader = createManifestReader({ root, allow: [root], ...PLACES }, memoryOf())
  const told: number[] = []
  const reading = reader.readAll()
  for (let now = reader.progress(); now !== undefined; now = reader.progress()) {
    told.push(now.read)
    await stat(root)
  }
  const { manifests, broken } = await reading
  const all = manifests.length + broken.size
  expect(new Set(told).size).toBeGreaterThan(10)
  expect(told).toEqual(told.toSorted((one, other) => one - other))
  expect(told.at(-1)).toBe(all)
  expect(reader.progress()).toBeUndefined()
})
