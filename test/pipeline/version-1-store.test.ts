import { cpSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { resolveOptions } from '../../src/options.ts'
import { createPipeline, type Pipeline } from '../../src/pipeline.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { createConsoleLogger } from '../../src/shared/logger.ts'
import { statesOf } from '../generate/running.ts'

/** A project and its store as the first release wrote them. The files in `arrived` are responses of that release. */
const fixture = fileURLToPath(new URL('../../fixtures/version-1-store', import.meta.url))

const NAMES = [
  'kira',
  'tomás',
  'library',
  'sign',
  'by-hand',
  'frame',
  'banner',
  'comic',
  'icon',
  'tree-spring',
  'tree-winter',
  'hero',
]

const allCurrent = Object.fromEntries(NAMES.map((name) => [name, 'current']))

async function copyOfFixture(): Promise<string> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'imagegen-version-1-')))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  cpSync(fixture, root, { recursive: true })
  return root
}

/** Opens the store as a frozen build does. */
async function openFrozen(root: string): Promise<Pipeline> {
  return open(root, 'frozen')
}

async function open(root: string, mode: 'frozen' | 'generate'): Promise<Pipeline> {
  const options = await resolveOptions({
    start: root,
    inline: { mode, types: false },
    mode: 'production',
    isBuild: true,
    environment: {},
  })
  return createPipeline(options, createConsoleLogger())
}

function storedFiles(root: string): Record<string, string> {
  const store = path.join(root, '.imagegen')
  return Object.fromEntries(
    readdirSync(store, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, sha256(readFileSync(path.join(store, name)))]),
  )
}

test('every image of a version 1 store is current', async () => {
  const pipeline = await openFrozen(await copyOfFixture())
  expect(await statesOf(pipeline)).toEqual(allCurrent)
  expect((await pipeline.survey()).problems).toEqual(new Map())
})

test('a frozen build uses a version 1 store and does not change it', async () => {
  const root = await copyOfFixture()
  const pipeline = await openFrozen(root)
  const before = storedFiles(root)
  const survey = await pipeline.fulfil(new AbortController().signal)
  expect(survey.plan.jobs).toEqual([])
  expect(storedFiles(root)).toEqual(before)
})

test('candidates of a version 1 store keep their order, and a pick its picture', async () => {
  const pipeline = await openFrozen(await copyOfFixture())
  const { images } = await pipeline.survey()
  const kira = images.get('src/cast.image.yaml#kira')
  const { candidates } = await pipeline.store.readKey({ key: kira!.made!.key, candidates: 2 })
  expect(candidates.map(({ receipt }) => receipt.sha256.slice(0, 8))).toEqual([
    '1415e811',
    '7d82e69f',
  ])
  const picked = await pipeline.store.readOriginal(candidates[1]!)
  const hero = images.get('src/hero.image.yaml')
  const [portrait] = (await pipeline.store.readKey({ key: hero!.made!.key, candidates: 1 }))
    .candidates
  expect(portrait?.receipt.inputs).toEqual([
    { reference: 'src/cast.image.yaml#kira', sha256: candidates[1]!.receipt.sha256 },
  ])
  expect(picked.length).toBe(candidates[1]!.receipt.bytes)
})

test('a version 1 store is intact', async () => {
  const { store } = await openFrozen(await copyOfFixture())
  expect(await store.verify()).toMatchObject({ originals: 12, intact: 12, problems: [] })
})

test('a pending response of version 1 becomes the same image and receipt as in version 1', async () => {
  const root = await copyOfFixture()
  const before = storedFiles(root)
  const names = Object.keys(before).filter((name) => name.startsWith('tree-winter.'))
  for (const name of names) rmSync(path.join(root, '.imagegen', name))
  cpSync(path.join(root, 'arrived'), path.join(root, '.imagegen/pending'), { recursive: true })
  const pipeline = await open(root, 'generate')
  await pipeline.store.recover()
  expect(storedFiles(root)).toEqual(before)
  expect(await statesOf(pipeline)).toEqual(allCurrent)
})

test('picking the candidate in use changes nothing, and another one comes back for free', async () => {
  const root = await copyOfFixture()
  const pipeline = await open(root, 'generate')
  const survey = await pipeline.survey()
  const kira = 'src/cast.image.yaml#kira'
  for (const choice of [2, '7d82e69f']) {
    expect((await pipeline.pick(survey, kira, choice)).files).toEqual([])
  }
  await pipeline.write(await pipeline.pick(survey, kira, 1))
  const other = await pipeline.survey()
  expect(other.images.get(kira)?.picked).toMatch(/^1415e811/)
  await pipeline.write(await pipeline.pick(other, kira, 2))
  expect(await statesOf(pipeline)).toEqual(allCurrent)
})
