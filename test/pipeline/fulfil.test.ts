import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Emulator } from '../../src/emulator/index.ts'
import { resolveOptions } from '../../src/options.ts'
import { createPipeline, type Pipeline } from '../../src/pipeline.ts'
import { ImagegenError } from '../../src/shared/errors.ts'
import { testEmulator } from '../generate/running.ts'
import { temporaryProject } from '../temporary-project.ts'

const TWO = `
images:
  kira: { prompt: Portrait of Kira }
  scene: { prompt: Kira in a library, alt: "", references: ["#kira"] }
`

interface Opened {
  readonly pipeline: Pipeline
  readonly said: string[]
  fulfil: () => Promise<unknown>
}

async function open(
  root: string,
  emulator: Emulator,
  environment: NodeJS.ProcessEnv = {},
): Promise<Opened> {
  const said: string[] = []
  const options = await resolveOptions({
    start: root,
    inline: {},
    mode: 'production',
    isBuild: true,
    environment: {
      MINIMAX_API_HOST: emulator.url,
      MINIMAX_API_KEY: 'test-api-key',
      ...environment,
    },
  })
  const pipeline = createPipeline(options, {
    info: (message) => said.push(message),
    warn: (message) => said.push(`warning: ${message}`),
    error: (message) => said.push(`error: ${message}`),
  })
  return { pipeline, said, fulfil: () => pipeline.fulfil(new AbortController().signal) }
}

async function failure(promise: Promise<unknown>): Promise<ImagegenError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof ImagegenError) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('a build', () => {
  test('generates missing images, logs the requests, and warns of a missing `alt` with its line', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': TWO })
    const { fulfil, said } = await open(root, emulator)
    await fulfil()
    expect(said).toEqual([
      'warning: No text alternative (`alt:`; `""` for decoration):\n  a.image.yaml:3 kira',
      'Asking for 2 pictures for 0.007 USD.',
      'kira: in the store.',
      'scene: in the store.',
    ])
    await (await open(root, emulator)).fulfil()
    expect(emulator.stats().requests).toBe(2)
  })

  test('warns once of text that a comment cuts off, before any request', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({
      'a.image.yaml': 'prompt: Poster in brand colour #ff8800, with a lighthouse\nalt: ""\n',
    })
    // Twice: the second one remembers what the first has parsed.
    for (const run of ['parsed', 'remembered']) {
      const { pipeline, said, fulfil } = await open(root, emulator)
      await fulfil()
      await pipeline.survey()
      const warnings = said.filter((line) => line.startsWith('warning: '))
      expect(warnings, run).toHaveLength(1)
      expect(said[0], run).toBe(warnings[0])
      expect(said[0]).toContain('a.image.yaml:1:32  `prompt` ends before the #')
      expect(said[0]).toContain('`#ff8800, with a lighthouse`')
    }
  })

  test('sends no request in mode frozen, and lists missing images with positions and price', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': TWO })
    const { fulfil } = await open(root, emulator, { CI: 'true' })
    const error = await failure(fulfil())
    expect(error.code).toBe('frozen')
    expect(error.message).toContain('2 images missing (2 pictures for 0.007 USD)')
    expect(error.message).toContain('a.image.yaml:3:3  kira is missing: new')
    expect(error.message).toContain('Run `imagegen generate`')
    expect(emulator.stats().requests).toBe(0)
    expect(existsSync(path.join(root, '.imagegen'))).toBe(false)
  })

  test('lists the images, the price and two remedies if the key is missing', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': TWO })
    const { fulfil } = await open(root, emulator, { MINIMAX_API_KEY: '' })
    const error = await failure(fulfil())
    expect(error.code).toBe('credentials')
    expect(error.message).toContain('2 images are missing (0.007 USD)')
    expect(error.message).toContain('a.image.yaml:4:3  scene is missing')
    expect(error.message).toContain('Set MINIMAX_API_KEY')
    expect(error.message).toContain('IMAGEGEN_MODE=placeholder')
  })

  test('sends no request in mode placeholder, and does not touch the store', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': TWO })
    const { fulfil, pipeline } = await open(root, emulator, { IMAGEGEN_MODE: 'placeholder' })
    await fulfil()
    const survey = await pipeline.survey()
    const [image] = survey.images.values()
    if (image === undefined) throw new Error('no image')
    const drawn = await pipeline.renderPlaceholder(image, new AbortController().signal)
    expect(drawn.renditions).toMatchObject([{ width: 1024, height: 1024, format: 'webp' }])
    expect(emulator.stats().requests).toBe(0)
    expect(existsSync(path.join(root, '.imagegen'))).toBe(false)
  })

  test('reports all problems of all manifests at once, before anything else', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({
      'a.image.yaml': 'images: { a: { promt: x } }',
      'b.image.yaml': 'images: { b: { alt: "", prompt: x, size: 500x500 } }',
      'c.image.yaml': 'images: { c: { alt: "", prompt: x, references: ["#nobody"] } }',
    })
    const error = await failure((await open(root, emulator)).fulfil())
    expect(error.code).toBe('manifest')
    expect(new Set(error.problems.map(({ place }) => place?.file))).toEqual(
      new Set(['a.image.yaml', 'b.image.yaml', 'c.image.yaml']),
    )
    expect(emulator.stats().requests).toBe(0)
  })

  test('reports what failed and how to continue, and keeps the rest', async () => {
    const emulator = await testEmulator({
      faults: [{ kind: 'status', code: 1026, match: 'library' }],
    })
    const { root } = await temporaryProject({ 'a.image.yaml': TWO })
    const error = await failure((await open(root, emulator)).fulfil())
    expect(error.code).toBe('provider')
    expect(error.message).toContain('1 images were made, 1 failed.')
    expect(error.message).toContain('Run `imagegen generate` to continue.')
    expect(error.message).toMatch(/a\.image\.yaml:4:\d+ {2}scene: MiniMax 1026/)
  })
})

describe('an original that is a Git LFS pointer', () => {
  const POINTER =
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n'

  test('fails the build with advice, stays in place, and is never requested again', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': TWO })
    await (await open(root, emulator)).fulfil()
    const folder = path.join(root, '.imagegen')
    const original = readdirSync(folder).find((name) => /^kira\..*\.jpg$/.test(name)) ?? ''
    writeFileSync(path.join(folder, original), POINTER)
    const error = await failure((await open(root, emulator)).fulfil())
    expect(error.code).toBe('unavailable')
    expect(error.message).toContain('git lfs pull')
    expect(emulator.stats().requests).toBe(2)
    expect(readdirSync(folder)).toContain(original)
  })

  test('does not fail the build if its renditions are in the cache', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': TWO })
    const { fulfil, pipeline } = await open(root, emulator)
    await fulfil()
    const survey = await pipeline.survey()
    for (const image of survey.images.values()) {
      await pipeline.render(image, survey, new AbortController().signal)
    }
    const folder = path.join(root, '.imagegen')
    for (const name of readdirSync(folder).filter((other) => other.endsWith('.jpg'))) {
      writeFileSync(path.join(folder, name), POINTER)
    }
    await (await open(root, emulator)).fulfil()
    rmSync(path.join(root, 'node_modules'), { recursive: true })
    expect((await failure((await open(root, emulator)).fulfil())).code).toBe('unavailable')
    expect(emulator.stats().requests).toBe(2)
  })
})
