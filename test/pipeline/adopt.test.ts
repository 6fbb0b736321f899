import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import fsDriver from 'unstorage/drivers/fs'
import { describe, expect, test } from 'vitest'
import type { AdoptHow, Adoption, GivenPicture, Pipeline } from '../../src/pipeline.ts'
import { loadSharp } from '../../src/pixels/sharp.ts'
import { parseReceipt, type Receipt } from '../../src/store/receipt.ts'
import { generateAll, openPipeline, statesOf, testEmulator } from '../generate/running.ts'
import { temporaryProject } from '../temporary-project.ts'

const CAST = '# the cast\nimages:\n  kira:\n    prompt: "Kira" # her\n    alt: ""\n'

const never = new AbortController().signal
const KEPT: AdoptHow = { keepPrompt: true, origin: 'elsewhere', signal: never }
const REPLACED: AdoptHow = { keepPrompt: false, origin: 'elsewhere', signal: never }

async function png(background: string, width = 40, height = 30): Promise<Buffer> {
  const sharp = await loadSharp()
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer()
}

const named = (name: string, bytes: Uint8Array): GivenPicture => ({ kind: 'bytes', name, bytes })

async function adopt(
  pipeline: Pipeline,
  name: string,
  picture: GivenPicture,
  how: AdoptHow,
): Promise<Adoption> {
  const survey = await pipeline.survey()
  const image = [...survey.images.values()].find(({ entry }) => entry.name === name)!
  return pipeline.adoptFile(image, picture, survey, how)
}

function receiptsIn(root: string): Receipt[] {
  const folder = path.join(root, '.imagegen')
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const reading = parseReceipt(readFileSync(path.join(folder, name), 'utf8'))
      return 'receipt' in reading ? [reading.receipt] : []
    })
}

async function originOf(pipeline: Pipeline): Promise<object> {
  const { plan } = await pipeline.survey()
  return plan.images.map(({ state, origin, reason }) => ({ state, origin, reason }))
}

describe('a picture adopted with its prompt', () => {
  test('becomes a candidate that cost nothing, and a build requests nothing', async () => {
    const emulator = await testEmulator()
    const { root, file } = await temporaryProject({ 'cast.image.yaml': CAST })
    const pipeline = await openPipeline(root, { url: emulator.url })
    const adoption = await adopt(pipeline, 'kira', named('mine.png', await png('#123456')), KEPT)
    expect(adoption).toMatchObject({ rewritten: undefined, isNew: true, removed: undefined })
    expect(adoption.file).toMatch(/^\.imagegen\/kira\.[0-9a-f]{16}\.[0-9a-f]{8}\.png$/)
    expect(adoption.survey.plan.summary).toMatchObject({ current: 1, missing: 0 })
    // The only candidate is in use without a pick.
    expect(readFileSync(file('cast.image.yaml'), 'utf8')).toBe(CAST)
    const [receipt] = receiptsIn(root)
    expect(receipt).toMatchObject({
      version: 2,
      entry: 'cast.image.yaml#kira',
      origin: 'elsewhere',
      usd: 0,
      responseId: null,
      model: '',
      width: 40,
      height: 30,
    })
    expect(Date.now() - Date.parse(receipt!.time)).toBeLessThan(60_000)
    expect(await originOf(pipeline)).toEqual([
      { state: 'current', origin: 'elsewhere', reason: 'in the store, adopted from elsewhere' },
    ])
    await pipeline.fulfil(never)
    expect(emulator.stats().requests).toBe(0)
  })

  test('is picked beside a generated candidate, and adopting it again changes nothing', async () => {
    const emulator = await testEmulator()
    const { root, file } = await temporaryProject({ 'cast.image.yaml': CAST })
    const pipeline = await openPipeline(root, { url: emulator.url })
    await generateAll(pipeline)
    const picture = named('mine.png', await png('#123456'))
    const { rewritten } = await adopt(pipeline, 'kira', picture, { ...KEPT, origin: 'edited' })
    expect(Object.keys(rewritten!.changes)).toEqual(['pick'])
    const text = readFileSync(file('cast.image.yaml'), 'utf8')
    expect(text.replace(/ {4}pick: .*\n/, '')).toBe(CAST)
    expect(await originOf(pipeline)).toEqual([
      { state: 'current', origin: 'edited', reason: 'in the store, generated and edited by hand' },
    ])
    const stored = readdirSync(file('.imagegen')).toSorted()
    const again = await adopt(pipeline, 'kira', picture, KEPT)
    expect(again).toMatchObject({ rewritten: undefined, isNew: false })
    expect(readFileSync(file('cast.image.yaml'), 'utf8')).toBe(text)
    expect(readdirSync(file('.imagegen')).toSorted()).toEqual(stored)
    expect(emulator.stats().requests).toBe(1)
  })

  test('may have any size, which exact types know', async () => {
    const emulator = await testEmulator()
    const text = 'prompt: a lighthouse\nalt: ""\naspectRatio: 16:9\n'
    const { root, file } = await temporaryProject({ 'a.image.yaml': text })
    const pipeline = await openPipeline(root, { url: emulator.url })
    await adopt(pipeline, 'a', named('tall.png', await png('#abcdef', 30, 90)), KEPT)
    await pipeline.writeTypes(await pipeline.survey())
    const types = readFileSync(file('.imagegen/types/a.image.d.yaml.ts'), 'utf8')
    expect(types).toContain('30')
    expect(types).toContain('90')
    const survey = await pipeline.survey()
    const rendered = await pipeline.render(survey.plan.images[0]!, survey, never)
    expect(rendered.renditions.at(-1)).toMatchObject({ width: 30, height: 90 })
  })

  test('counts as it is seen where EXIF turns it', async () => {
    const emulator = await testEmulator()
    const { root, file } = await temporaryProject({ 'cast.image.yaml': CAST })
    const pipeline = await openPipeline(root, { url: emulator.url })
    const sharp = await loadSharp()
    const turned = await sharp(await png('#123456', 40, 30))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    await adopt(pipeline, 'kira', named('turned.jpg', turned), KEPT)
    expect(receiptsIn(root)).toMatchObject([{ width: 30, height: 40, mediaType: 'image/jpeg' }])
    const survey = await pipeline.survey()
    const { renditions } = await pipeline.render(survey.plan.images[0]!, survey, never)
    expect(renditions.at(-1)).toMatchObject({ width: 30, height: 40 })
    await pipeline.writeTypes(survey)
    expect(readFileSync(file('.imagegen/types/cast.image.d.yaml.ts'), 'utf8')).toContain('30')
  })

  test('brings bytes back that the store had lost', async () => {
    const emulator = await testEmulator()
    const { root, file } = await temporaryProject({ 'cast.image.yaml': CAST })
    const pipeline = await openPipeline(root, { url: emulator.url })
    await generateAll(pipeline)
    const lost = readdirSync(file('.imagegen')).find((name) => name.endsWith('.jpg'))!
    const bytes = readFileSync(file(`.imagegen/${lost}`))
    rmSync(file(`.imagegen/${lost}`))
    expect(await statesOf(pipeline)).toEqual({ kira: 'unavailable' })
    await adopt(pipeline, 'kira', named('backup.jpg', bytes), KEPT)
    expect(await statesOf(pipeline)).toEqual({ kira: 'current' })
    expect(receiptsIn(root)).toHaveLength(1)
    expect(readFileSync(file(`.imagegen/${lost}`)).equals(bytes)).toBe(true)
  })

  test('reaches another machine through the remote', async () => {
    const emulator = await testEmulator()
    const { root: remote } = await temporaryProject()
    const driver = fsDriver({ base: path.join(remote, 'remote') })
    const here = await temporaryProject({ 'cast.image.yaml': CAST })
    const there = await temporaryProject({ 'cast.image.yaml': CAST })
    const open = async (root: string): Promise<Pipeline> =>
      openPipeline(root, { url: emulator.url, inline: { store: { remote: driver } } })
    await adopt(await open(here.root), 'kira', named('mine.png', await png('#654321')), KEPT)
    const other = await open(there.root)
    expect(await originOf(other)).toMatchObject([{ state: 'current', origin: 'elsewhere' }])
    await other.fulfil(never)
    expect(emulator.stats().requests).toBe(0)
  })

  test.each([
    ['a drawing in SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'SVG'],
    ['bytes that are cut off', undefined, 'cannot be decoded'],
    ['a text', 'hello', 'not a supported image'],
  ])('cannot be %s: nothing is written', async (_, text, words) => {
    const { root, file } = await temporaryProject({ 'cast.image.yaml': CAST })
    const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9' })
    const bytes = text === undefined ? (await png('#fff')).subarray(0, 80) : Buffer.from(text)
    await expect(adopt(pipeline, 'kira', named('x', bytes), KEPT)).rejects.toThrow(words)
    expect(readFileSync(file('cast.image.yaml'), 'utf8')).toBe(CAST)
    expect(existsSync(file('.imagegen')) ? receiptsIn(root) : []).toEqual([])
  })

  test('needs a prompt', async () => {
    const text = 'images:\n  kira: { source: ./kira.png, alt: "" }\n'
    const { root } = await temporaryProject({
      'cast.image.yaml': text,
      'kira.png': await png('#123'),
    })
    const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9' })
    const picture = named('x.png', await png('#456'))
    await expect(adopt(pipeline, 'kira', picture, KEPT)).rejects.toThrow('no prompt to keep')
  })

  test('stays out of the store where the pick cannot be written', async () => {
    const emulator = await testEmulator()
    const text = 'images:\n  kira: &k { prompt: x, alt: "" }\n  twin: *k\n'
    const { root, file } = await temporaryProject({ 'cast.image.yaml': text })
    const pipeline = await openPipeline(root, { url: emulator.url })
    await generateAll(pipeline)
    const stored = readdirSync(file('.imagegen')).toSorted()
    const picture = named('x.png', await png('#456'))
    await expect(adopt(pipeline, 'kira', picture, KEPT)).rejects.toThrow('shares its fields')
    expect(readdirSync(file('.imagegen')).toSorted()).toEqual(stored)
    expect(readFileSync(file('cast.image.yaml'), 'utf8')).toBe(text)
  })
})

describe('a picture adopted for one combination of a matrix', () => {
  const TILES =
    'images:\n  # every season\n  tile-${s}:\n    prompt: "A ${s} tile"\n    alt: ""\n    matrix: { s: [spring, winter] }\n'

  test('changes that combination only, whether the prompt is kept or not', async () => {
    const emulator = await testEmulator()
    const { root, file } = await temporaryProject({ 'tiles.image.yaml': TILES })
    const pipeline = await openPipeline(root, { url: emulator.url })
    // The first candidate of its recipe needs no pick.
    await adopt(pipeline, 'tile-spring', named('a.png', await png('#111')), KEPT)
    expect(readFileSync(file('tiles.image.yaml'), 'utf8')).toBe(TILES)
    const second = await adopt(pipeline, 'tile-spring', named('b.png', await png('#222')), KEPT)
    expect(second.rewritten?.ids).toEqual(['tiles.image.yaml#tile-spring'])
    const text = readFileSync(file('tiles.image.yaml'), 'utf8')
    expect(text.startsWith(TILES)).toBe(true)
    expect(text.slice(TILES.length)).toMatch(/overrides:\s+- when: \{? ?s: spring/)
    expect(await statesOf(pipeline)).toEqual({ 'tile-spring': 'current', 'tile-winter': 'missing' })

    const winter = named('winter.png', await png('#333'))
    await adopt(pipeline, 'tile-winter', winter, REPLACED)
    expect(await statesOf(pipeline)).toEqual({ 'tile-spring': 'current', 'tile-winter': 'current' })
    const after = readFileSync(file('tiles.image.yaml'), 'utf8')
    expect(after.startsWith(text.trimEnd())).toBe(true)
    expect(after).toContain('source: ./winter.png')
    await adopt(pipeline, 'tile-winter', winter, REPLACED)
    expect(readFileSync(file('tiles.image.yaml'), 'utf8')).toBe(after)
    expect(emulator.stats().requests).toBe(0)
  })
})

describe('a picture adopted in place of generating', () => {
  test('takes the place of an earlier one, whose copy is removed', async () => {
    const { root, file } = await temporaryProject({ 'art/cast.image.yaml': CAST })
    const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9' })
    await adopt(pipeline, 'kira', named('one.png', await png('#111')), REPLACED)
    expect(readdirSync(file('art'))).toEqual(['cast.image.yaml', 'one.png'])
    const second = named('two.png', await png('#222'))
    const { removed } = await adopt(pipeline, 'kira', second, REPLACED)
    expect(removed).toBe('art/one.png')
    expect(readdirSync(file('art'))).toEqual(['cast.image.yaml', 'two.png'])
    const text = readFileSync(file('art/cast.image.yaml'), 'utf8')
    expect(text).toContain('source: ./two.png')
    expect(await adopt(pipeline, 'kira', second, REPLACED)).toMatchObject({
      rewritten: undefined,
      isNew: false,
      removed: undefined,
      file: 'art/two.png',
    })
    expect(readFileSync(file('art/cast.image.yaml'), 'utf8')).toBe(text)
  })

  test.each([
    ['the user’s own file', { 'art/own.png': '' }, 'source: ./own.png', undefined],
    ['a copy that another image refers to', {}, undefined, 'references: ["./one.png"]'],
    [
      'a copy that another image composes',
      {},
      undefined,
      'process: [{ composite: [{ input: ./one.png }] }]',
    ],
  ])('never removes %s', async (_, files, own, other) => {
    const text = `images:\n  kira: { ${own ?? 'prompt: Kira'}, alt: "" }\n`
    const tree = Object.fromEntries(
      await Promise.all(Object.keys(files).map(async (name) => [name, await png('#999')] as const)),
    )
    const { root, write, file } = await temporaryProject({ 'art/cast.image.yaml': text, ...tree })
    const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9' })
    if (own === undefined) {
      await adopt(pipeline, 'kira', named('one.png', await png('#111')), REPLACED)
      write({ 'art/b.image.yaml': `prompt: x\nalt: ""\n${other}\n` })
    }
    const before = readdirSync(file('art')).filter((name) => name.endsWith('.png'))
    const { removed } = await adopt(pipeline, 'kira', named('z.png', await png('#222')), REPLACED)
    expect(removed).toBeUndefined()
    expect(readdirSync(file('art')).filter((name) => name.endsWith('.png'))).toEqual([
      ...before,
      'z.png',
    ])
  })

  test('stays where the one before it can be neither read nor removed', async () => {
    const emulator = await testEmulator()
    const { root, file } = await temporaryProject({ 'cast.image.yaml': CAST })
    const pipeline = await openPipeline(root, { url: emulator.url })
    await adopt(pipeline, 'kira', named('one.png', await png('#111')), REPLACED)
    const survey = await pipeline.survey()
    rmSync(file('one.png'))
    mkdirSync(file('one.png'))
    const two = named('two.png', await png('#222'))
    const adoption = await pipeline.adoptFile(survey.plan.images[0]!, two, survey, REPLACED)
    expect(adoption).toMatchObject({ file: 'two.png', removed: undefined })
    expect(readFileSync(file('cast.image.yaml'), 'utf8')).toContain('source: ./two.png')
    expect(existsSync(file('two.png'))).toBe(true)
  })

  test('never removes a copy that the user has edited, or one that a commit claims is a copy', async () => {
    const { root, write, file } = await temporaryProject({ 'cast.image.yaml': CAST })
    const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9' })
    await adopt(pipeline, 'kira', named('one.png', await png('#111')), REPLACED)
    write({ 'one.png': await png('#112') })
    await adopt(pipeline, 'kira', named('two.png', await png('#222')), REPLACED)
    expect(existsSync(file('one.png'))).toBe(true)
    const notes = path.join(pipeline.options.cacheDir, 'adopted')
    for (const note of readdirSync(notes)) {
      write({ [path.relative(root, path.join(notes, note))]: 'f'.repeat(64) })
    }
    await adopt(pipeline, 'kira', named('three.png', await png('#333')), REPLACED)
    expect(existsSync(file('two.png'))).toBe(true)
  })
})
