import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fsDriver from 'unstorage/drivers/fs'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { readReferenceFile, referenceFiles } from '../../src/generate/reference-files.ts'
import type { Pipeline, Survey } from '../../src/pipeline.ts'
import type { Job } from '../../src/plan/plan.ts'
import { recipeKey, type Recipe, type RecipeReference } from '../../src/plan/recipe.ts'
import { ImagegenError } from '../../src/shared/errors.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { temporaryProject, type TemporaryProject } from '../temporary-project.ts'
import { generateAll, openPipeline, statesOf, testEmulator } from './running.ts'

const LF =
  '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">\n  <rect width="64" height="64" fill="teal"/>\n</svg>\n'
const CRLF = LF.replaceAll('\n', '\r\n')
/** As an editor leaves it that converts only the lines that it touches. */
const MIXED = LF.replace('\n', '\r\n')

const IMAGES = [
  'images:',
  '  logo: { source: ./logo.svg, alt: "" }',
  '  file: { prompt: A sign with the logo, alt: "", references: [./logo.svg] }',
  '  entry: { prompt: A flag with the logo, alt: "", references: ["#logo"] }',
  '  scene: { prompt: The sign at night, alt: "", references: ["#file"] }',
  '',
].join('\n')

const PAID = { logo: 'current', file: 'current', entry: 'current', scene: 'current' }

async function projectWith(svg: string): Promise<TemporaryProject> {
  return temporaryProject({ 'a.image.yaml': IMAGES, 'logo.svg': svg })
}

function keysOf({ images }: Survey): Record<string, string | undefined> {
  return Object.fromEntries([...images.values()].map(({ entry, made }) => [entry.name, made?.key]))
}

/**
 * Pays for everything under the keys of an earlier version, which hashed SVG files as they were.
 *
 * @param raw the bytes of the file at that time, which is in place.
 */
async function payAsBefore(pipeline: Pipeline, raw: string): Promise<void> {
  const survey = await pipeline.survey()
  const recipes = new Map<string, string>()
  const asBefore = (reference: RecipeReference): RecipeReference => {
    if ('sha256' in reference) return { ...reference, sha256: sha256(raw) }
    return 'key' in reference ? { ...reference, key: recipes.get(reference.key)! } : reference
  }
  for (const job of survey.plan.jobs) {
    const { made } = job
    const recipe: Recipe = { ...made.recipe, references: made.recipe.references!.map(asBefore) }
    const key = recipeKey(recipe)
    recipes.set(made.key, key)
    const before: Job = { ...job, made: { ...made, recipe, key }, after: [] }
    const { report } = await generateAll(pipeline, { choose: () => [before] })
    expect(report.failures).toEqual([])
  }
}

describe('an SVG reference', () => {
  test('has the same key with any line endings', async () => {
    const keys = await Promise.all(
      [LF, CRLF, MIXED].map(async (svg) => {
        const { root } = await projectWith(svg)
        return keysOf(await (await openPipeline(root, { url: 'http://127.0.0.1:9' })).survey())
      }),
    )
    expect(keys[1]).toEqual(keys[0])
    expect(keys[2]).toEqual(keys[0])
  })

  test('keeps the key that its file with LF has always had', async () => {
    const { root } = await projectWith(CRLF)
    const { images } = await (await openPipeline(root, { url: 'http://127.0.0.1:9' })).survey()
    for (const name of ['file', 'entry']) {
      const { recipe } = images.get(`a.image.yaml#${name}`)!.made!
      expect(recipe.references).toEqual([{ sha256: sha256(LF), type: 'character' }])
    }
  })

  test('is sent, and recorded in the receipt, with LF', async () => {
    const emulator = await testEmulator()
    const { root } = await projectWith(CRLF)
    const pipeline = await openPipeline(root, { url: emulator.url })
    const { survey } = await generateAll(pipeline)
    const { snapshot } = await pipeline.survey()
    const { key } = survey.images.get('a.image.yaml#file')!.made!
    const [candidate] = snapshot.lookup(key).candidates
    expect(candidate?.receipt.inputs).toEqual([{ reference: 'logo.svg', sha256: sha256(LF) }])
    const job = survey.plan.jobs[0]!
    const read = readReferenceFile(job, survey.entries)
    expect(Buffer.from(await read(referenceFiles(job)[0]!)).toString()).toBe(LF)
  })

  test('made from one checkout is current in one with other line endings', async () => {
    const emulator = await testEmulator()
    const { root, write } = await projectWith(CRLF)
    await generateAll(await openPipeline(root, { url: emulator.url }))
    for (const svg of [LF, MIXED, CRLF]) {
      write({ 'logo.svg': svg })
      expect(await statesOf(await openPipeline(root, { url: emulator.url }))).toEqual(PAID)
    }
    expect(emulator.stats().requests).toBe(3)
  })

  test.each([
    ['CRLF', CRLF, [CRLF, LF, MIXED]],
    ['mixed line endings', MIXED, [MIXED]],
    ['LF', LF, [LF, CRLF, MIXED]],
  ])(
    'that an earlier version hashed with %s is paid for, and so is what refers to it',
    async (_, raw, checkouts) => {
      const emulator = await testEmulator()
      const { root, write } = await projectWith(raw)
      await payAsBefore(await openPipeline(root, { url: emulator.url }), raw)
      const { requests } = emulator.stats()
      for (const svg of checkouts) {
        write({ 'logo.svg': svg })
        const pipeline = await openPipeline(root, { url: emulator.url })
        expect(await statesOf(pipeline)).toEqual(PAID)
        const survey = await pipeline.survey()
        expect(survey.plan.jobs).toEqual([])
        await pipeline.fulfil(new AbortController().signal)
        const image = survey.images.get('a.image.yaml#scene')!
        const { renditions } = await pipeline.render(image, survey, new AbortController().signal)
        expect(renditions).toHaveLength(1)
      }
      expect(emulator.stats().requests).toBe(requests)
    },
  )

  test('that an earlier version hashed asks for the difference only when `n` is raised', async () => {
    const emulator = await testEmulator()
    const { root, write } = await projectWith(CRLF)
    await payAsBefore(await openPipeline(root, { url: emulator.url }), CRLF)
    write({
      'a.image.yaml': IMAGES.replace('file: {', 'file: { n: 2,'),
      'logo.svg': LF,
    })
    const pipeline = await openPipeline(root, { url: emulator.url })
    const { survey, report } = await generateAll(pipeline)
    expect(survey.plan.summary).toMatchObject({ missing: 1, pictures: 1 })
    expect(report.generated).toEqual(['a.image.yaml#file'])
    expect(await statesOf(pipeline)).toEqual(PAID)
  })

  test('that an earlier version hashed can be referred to by new images', async () => {
    const emulator = await testEmulator()
    const { root, write } = await projectWith(CRLF)
    await payAsBefore(await openPipeline(root, { url: emulator.url }), CRLF)
    write({
      'a.image.yaml': `${IMAGES}  new: { prompt: The sign in rain, alt: "", references: ["#file"] }\n`,
      'logo.svg': LF,
    })
    const pipeline = await openPipeline(root, { url: emulator.url })
    const { report } = await generateAll(pipeline)
    expect(report.generated).toEqual(['a.image.yaml#new'])
    expect(await statesOf(pipeline)).toEqual({ ...PAID, new: 'current' })
  })

  test('that an earlier version hashed is found in a remote store', async () => {
    const emulator = await testEmulator()
    const { root, write, file } = await projectWith(CRLF)
    const inline = { store: { remote: fsDriver({ base: file('remote') }) } }
    const maker = await openPipeline(root, { url: emulator.url, inline })
    await payAsBefore(maker, CRLF)
    await maker.close()
    rmSync(path.join(root, '.imagegen'), { recursive: true })
    write({ 'logo.svg': LF })
    const pipeline = await openPipeline(root, { url: emulator.url, inline })
    expect(await statesOf(pipeline)).toEqual(PAID)
    await pipeline.close()
  })

  test('that changes to another picture makes its images missing', async () => {
    const emulator = await testEmulator()
    const { root, write } = await projectWith(CRLF)
    await payAsBefore(await openPipeline(root, { url: emulator.url }), CRLF)
    write({ 'logo.svg': CRLF.replace('teal', 'navy') })
    expect(await statesOf(await openPipeline(root, { url: emulator.url }))).toEqual({
      logo: 'current',
      file: 'missing',
      entry: 'missing',
      scene: 'missing',
    })
  })
})

describe('a Git LFS pointer', () => {
  const pointerTo = (bytes: Uint8Array): string =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(bytes)}\nsize ${bytes.length}\n`

  const MANIFEST = [
    'images:',
    '  logo: { source: ./logo.png, alt: "" }',
    '  file: { prompt: A sign with the logo, alt: "", references: [./kira.png] }',
    '  entry: { prompt: A flag with the logo, alt: "", references: ["#logo"] }',
    '',
  ].join('\n')

  async function picture(background: string): Promise<Buffer> {
    return sharp({ create: { width: 64, height: 64, channels: 3, background } })
      .png()
      .toBuffer()
  }

  async function projectOf(): Promise<TemporaryProject & { logo: Buffer; kira: Buffer }> {
    const [logo, kira] = [await picture('teal'), await picture('navy')]
    const project = await temporaryProject({
      'a.image.yaml': MANIFEST,
      'logo.png': pointerTo(logo),
      'kira.png': pointerTo(kira),
    })
    return { ...project, logo, kira }
  }

  test('enters keys as the file that it points to', async () => {
    const { root, write, logo, kira } = await projectOf()
    const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9' })
    const before = keysOf(await pipeline.survey())
    write({ 'logo.png': logo, 'kira.png': kira })
    expect(keysOf(await pipeline.survey())).toEqual(before)
  })

  test('blocks what would have to be asked for, with the remedy, and spends nothing', async () => {
    const emulator = await testEmulator()
    const { root } = await projectOf()
    const pipeline = await openPipeline(root, { url: emulator.url })
    const { images, plan } = await pipeline.survey()
    expect(plan.jobs).toEqual([])
    expect(
      [...images.values()].map(({ entry, state, reason }) => [entry.name, state, reason]),
    ).toEqual([
      ['logo', 'unavailable', 'its file is a Git LFS pointer: run `git lfs pull`'],
      ['file', 'blocked', 'needs kira.png, which is a Git LFS pointer: run `git lfs pull`'],
      [
        'entry',
        'blocked',
        'needs a.image.yaml#logo, which is unavailable: its file is a Git LFS pointer: run `git lfs pull`',
      ],
    ])
    await expect(pipeline.fulfil(new AbortController().signal)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('git lfs pull'),
    })
    expect(emulator.stats().requests).toBe(0)
  })

  test('is noticed once it is pulled, also by a dev server that only hears of the file', async () => {
    const { root, write, file, logo, kira } = await projectOf()
    const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9' })
    await pipeline.survey()
    write({ 'logo.png': logo, 'kira.png': kira })
    const { images } = await pipeline.survey([file('logo.png'), file('kira.png')])
    expect([...images.values()].map(({ state }) => state)).toEqual([
      'current',
      'missing',
      'missing',
    ])
  })

  test('takes nothing from images that are paid for, and from renditions that are cached', async () => {
    const emulator = await testEmulator()
    const { root, write, logo, kira } = await projectOf()
    write({ 'logo.png': logo, 'kira.png': kira })
    const maker = await openPipeline(root, { url: emulator.url })
    await generateAll(maker)
    const signal = new AbortController().signal
    const made = await maker.survey()
    const before = await maker.render(made.images.get('a.image.yaml#logo')!, made, signal)
    write({ 'logo.png': pointerTo(logo), 'kira.png': pointerTo(kira) })
    const pipeline = await openPipeline(root, { url: emulator.url })
    expect(await statesOf(pipeline)).toEqual({
      logo: 'unavailable',
      file: 'current',
      entry: 'current',
    })
    const survey = await pipeline.fulfil(signal)
    const image = survey.images.get('a.image.yaml#logo')!
    expect(await pipeline.render(image, survey, signal)).toEqual(before)
  })

  test('in `source` and in `composite` is an error of rendering with the remedy', async () => {
    const { root, write, logo } = await projectOf()
    write({
      'a.image.yaml':
        'images:\n  logo: { source: ./logo.png, alt: "" }\n  framed: { source: ./frame.png, alt: "", process: [{ composite: { input: ./kira.png } }] }\n',
      'frame.png': logo,
    })
    const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9' })
    const survey = await pipeline.survey()
    for (const [name, file] of [
      ['logo', 'logo.png'],
      ['framed', 'kira.png'],
    ]) {
      const image = survey.images.get(`a.image.yaml#${name}`)!
      await expect(
        pipeline.render(image, survey, new AbortController().signal),
      ).rejects.toMatchObject({
        code: 'render',
        message: expect.stringMatching(
          new RegExp(`${name}: ${file} is a Git LFS pointer.*git lfs pull`, 's'),
        ),
      })
    }
  })

  test('that replaces a reference after the plan is not sent', async () => {
    const { root, write, file, logo, kira } = await projectOf()
    write({ 'logo.png': logo, 'kira.png': kira })
    const survey = await (await openPipeline(root, { url: 'http://127.0.0.1:9' })).survey()
    const job = survey.plan.jobs[0]!
    writeFileSync(file('kira.png'), pointerTo(kira))
    const error: unknown = await readReferenceFile(
      job,
      survey.entries,
    )(sha256(kira)).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ImagegenError)
    expect((error as ImagegenError).message).toContain('git lfs pull')
  })
})
