import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import fsDriver from 'unstorage/drivers/fs'
import { describe, expect, test } from 'vitest'
import type { Pipeline, Survey } from '../../src/pipeline.ts'
import { recipeKey, type Recipe } from '../../src/plan/recipe.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { baseName, originalName, receiptName } from '../../src/store/file-name.ts'
import { formatReceipt, type Receipt } from '../../src/store/receipt.ts'
import { generateAll, openPipeline, statesOf, testEmulator } from '../generate/running.ts'
import { temporaryProject } from '../temporary-project.ts'

const MANIFEST = `defaults: { alt: "", output: { formats: [webp], widths: [32] } }
images:
  kira: { prompt: Portrait of Kira, size: 512x512 }
  tomas: { prompt: Portrait of Tomas, size: 512x512 }
  dune: { prompt: A dune }
  wide: { prompt: A wide dune, aspectRatio: 16:9 }
`

interface Forger {
  readonly pipeline: Pipeline
  /** The receipt of the picture that was paid for. */
  readonly receiptOf: (name: string) => Receipt
  /** Writes a picture with a receipt whose checksum is right, and gives the file's name. */
  readonly forge: (bytes: Uint8Array, receipt: Receipt) => string
  readonly remove: (name: string) => Promise<void>
  readonly dir: string
}

async function openForger(): Promise<Forger> {
  const emulator = await testEmulator()
  const { root, file } = await temporaryProject({ 'a.image.yaml': MANIFEST })
  const pipeline = await openPipeline(root, emulator)
  await generateAll(pipeline)
  const survey = await pipeline.survey()
  const dir = file('.imagegen')
  return {
    pipeline,
    dir,
    receiptOf: (name) => candidatesOf(survey, name)[0]!.receipt,
    forge(bytes, { key, name, ...rest }) {
      const receipt = { ...rest, key, name, sha256: sha256(bytes), bytes: bytes.length }
      const base = baseName(name, key, receipt.sha256, 1)
      writeFileSync(path.join(dir, originalName(base, receipt.mediaType)), bytes)
      writeFileSync(path.join(dir, receiptName(base)), formatReceipt(receipt))
      return originalName(base, receipt.mediaType)
    },
    async remove(name) {
      await pipeline.store.trash(candidatesOf(survey, name))
      await pipeline.store.emptyTrash(0)
    },
  }
}

function candidatesOf({ images, snapshot }: Survey, name: string): Candidates {
  return snapshot.lookup(images.get(`a.image.yaml#${name}`)?.made?.key ?? '').candidates
}
type Candidates = ReturnType<Survey['snapshot']['lookup']>['candidates']

async function red(width: number, height: number): Promise<Buffer> {
  const create = { width, height, channels: 3, background: 'red' } as const
  return sharp({ create }).jpeg().toBuffer()
}

/** The original that an image is rendered from. */
async function usedBy({ pipeline }: Forger, name: string): Promise<string> {
  const survey = await pipeline.survey()
  return sha256(await pipeline.store.readOriginal(candidatesOf(survey, name)[0]!))
}

describe('a forged receipt', () => {
  test.each(['1970-01-01T00:00:00.000Z', '0001-01-01T00:00:00.000Z', '2025-12-31T23:59:59.999Z'])(
    'dated %s does not displace the picture in use, and the plan names its file',
    async (time) => {
      const forger = await openForger()
      const real = forger.receiptOf('kira')
      const file = forger.forge(await red(512, 512), { ...real, time })
      expect(await usedBy(forger, 'kira')).toBe(real.sha256)
      const { images } = await forger.pipeline.survey()
      expect(images.get('a.image.yaml#kira')).toMatchObject({ state: 'current', surplus: [file] })
      expect(images.get('a.image.yaml#tomas')).toMatchObject({ state: 'current', surplus: [] })
    },
  )

  test('with a plausible time is the only file that the plan lists', async () => {
    const forger = await openForger()
    const real = forger.receiptOf('kira')
    const before = new Date(Date.parse(real.time) - 1).toISOString()
    forger.forge(await red(512, 512), { ...real, time: before })
    // Who can write to the store decides the picture: it is seen in git, and here.
    const { images } = await forger.pipeline.survey()
    const files = images.get('a.image.yaml#kira')?.surplus
    expect(files).toEqual([expect.stringContaining(real.sha256.slice(0, 8))])
  })

  test('with the recipe of another entry is refused', async () => {
    const forger = await openForger()
    const kira = forger.receiptOf('kira')
    await forger.remove('kira')
    forger.forge(await red(512, 512), { ...forger.receiptOf('tomas'), key: kira.key, name: 'kira' })
    const { images } = await forger.pipeline.survey()
    const image = images.get('a.image.yaml#kira')
    expect(image?.state).toBe('unavailable')
    expect(image?.reason).toMatch(/^\.imagegen\/kira\.[^ ]+\.json contains the receipt of another/)
    expect(image?.reason).toContain('its recipe is that of another key')
    expect((await forger.pipeline.store.verify()).problems).toMatchObject([
      { kind: 'receipt-mismatch' },
    ])
  })

  test.each([
    ['kira', 64, 64, '64x64 pixels, but 512x512 were requested'],
    ['kira', 512, 448, '512x448 pixels, but 512x512 were requested'],
    ['dune', 64, 64, '64x64 pixels, but 1024x1024 were requested'],
    ['wide', 1024, 1024, '1024x1024 pixels, but 1280x720 were requested'],
  ])('of %s for an image of %i by %i pixels is refused', async (name, width, height, reason) => {
    const forger = await openForger()
    const real = forger.receiptOf(name)
    await forger.remove(name)
    forger.forge(await red(width, height), { ...real, width, height })
    const { images } = await forger.pipeline.survey()
    const image = images.get(`a.image.yaml#${name}`)
    expect(image?.state).toBe('unavailable')
    expect(image?.reason).toContain(reason)
  })

  test('with another size than its image is detected before rendering', async () => {
    const forger = await openForger()
    const real = forger.receiptOf('kira')
    await forger.remove('kira')
    const file = forger.forge(await red(64, 64), real)
    const survey = await forger.pipeline.survey()
    const image = survey.images.get('a.image.yaml#kira')!
    const rendering = forger.pipeline.render(image, survey, new AbortController().signal)
    await expect(rendering).rejects.toThrow(
      `${file} has 64x64 pixels, but its receipt says 512x512`,
    )
    // Its digest is right: nothing is moved.
    expect(readdirSync(forger.dir)).toContain(file)
  })

  test('with a nonsensical recipe is reported and stops nothing', async () => {
    const forger = await openForger()
    const { recipe, ...real } = forger.receiptOf('kira')
    const changes = [{ size: 5 }, { aspectRatio: {} }, { size: null }, { size: ['512x512'] }]
    for (const change of changes) {
      const strange = { ...recipe, ...change }
      const key = recipeKey(strange as unknown as Recipe)
      forger.forge(await red(512, 512), { ...real, recipe: strange, key })
    }
    const { problems } = await forger.pipeline.store.verify()
    expect(problems.map(({ kind }) => kind)).toEqual(changes.map(() => 'receipt-mismatch'))
    expect(await statesOf(forger.pipeline)).toMatchObject({ kira: 'current' })
  })

  test('is replaced by a new image when the user asks for one', async () => {
    const forger = await openForger()
    const real = forger.receiptOf('kira')
    await forger.remove('kira')
    forger.forge(await red(64, 64), { ...real, width: 64, height: 64 })
    const { report } = await generateAll(forger.pipeline, {
      choose: (survey) => forger.pipeline.select(survey, [], { replace: 'kira' }).jobs,
    })
    expect(report.generated).toEqual(['a.image.yaml#kira'])
    expect(await statesOf(forger.pipeline)).toMatchObject({ kira: 'current' })
    const { width, height } = candidatesOf(await forger.pipeline.survey(), 'kira')[0]!.receipt
    expect([width, height]).toEqual([512, 512])
  })
})

test('a remote store’s receipt for an image of another size is not used', async () => {
  const emulator = await testEmulator()
  const { file: there } = await temporaryProject()
  const inline = { store: { remote: fsDriver({ base: there('remote') }) } }
  const first = await temporaryProject({ 'a.image.yaml': MANIFEST })
  const pipeline = await openPipeline(first.root, { url: emulator.url, inline })
  await generateAll(pipeline)
  const { receipt } = candidatesOf(await pipeline.survey(), 'kira')[0]!
  const bytes = await red(64, 64)
  const forged = { ...receipt, sha256: sha256(bytes), bytes: bytes.length, width: 64, height: 64 }
  writeFileSync(there(`remote/receipts/${receipt.key}`), formatReceipt(forged))
  writeFileSync(there(`remote/originals/${forged.sha256}`), bytes)

  const second = await temporaryProject({ 'a.image.yaml': MANIFEST })
  const other = await openPipeline(second.root, { url: emulator.url, inline })
  const { images } = await other.survey()
  const image = images.get('a.image.yaml#kira')
  expect(image?.state).toBe('unavailable')
  expect(image?.reason).toContain('64x64 pixels, but 512x512 were requested')
  expect(images.get('a.image.yaml#tomas')?.state).toBe('current')
  expect(readdirSync(second.file('.imagegen')).join('\n')).not.toContain('kira')
})

test('an image that its metadata rotates has the requested size', async () => {
  const forger = await openForger()
  const real = forger.receiptOf('wide')
  await forger.remove('wide')
  const turned = await sharp(await red(720, 1280))
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  forger.forge(turned, { ...real, width: 720, height: 1280 })
  expect(await statesOf(forger.pipeline)).toMatchObject({ wide: 'current' })
  const survey = await forger.pipeline.survey()
  const image = survey.images.get('a.image.yaml#wide')!
  await forger.pipeline.render(image, survey, new AbortController().signal)
})

test('candidates that remain after `n` was lowered are listed, unless another entry asks for them', async () => {
  const emulator = await testEmulator()
  const { root, write } = await temporaryProject({
    'a.image.yaml': 'images: { a: { prompt: A dune, alt: "", size: 512x512, n: 3 } }',
  })
  const pipeline = await openPipeline(root, emulator)
  await generateAll(pipeline)
  const surplus = async (): Promise<number[]> =>
    (await pipeline.survey()).plan.images.map((image) => image.surplus.length)
  expect(await surplus()).toEqual([0])
  write({ 'a.image.yaml': 'images: { a: { prompt: A dune, alt: "", size: 512x512, pick: 2 } }' })
  expect(await surplus()).toEqual([1])
  write({ 'b.image.yaml': 'images: { b: { prompt: A dune, alt: "", size: 512x512, n: 3 } }' })
  expect(await surplus()).toEqual([0, 0])
})

test.each([
  ['provider', 'unavailable'],
  ['elsewhere', 'current'],
  ['edited', 'current'],
] as const)(
  'a receipt of origin %s with other pixels than requested is %s',
  async (origin, state) => {
    const { pipeline, receiptOf, forge, remove } = await openForger()
    const survey = await pipeline.survey()
    const name = survey.plan.images[0]!.entry.name
    const paid = receiptOf(name)
    await remove(name)
    forge(await red(77, 33), { ...paid, version: 2, origin, width: 77, height: 33 })
    expect((await statesOf(pipeline))[name]).toBe(state)
  },
)
