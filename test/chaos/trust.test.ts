import { chmodSync, cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { onTestFinished, test } from 'vitest'
import type { Random } from '../../src/emulator/drawing/random.ts'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { rememberManifests } from '../../src/manifest/read/parsed-cache.ts'
import { readEnvironment } from '../../src/options/environment.ts'
import type { Pipeline } from '../../src/pipeline.ts'
import { createRenditionCache } from '../../src/render/rendition-cache.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { release } from '../../src/shared/release.ts'
import { baseName, originalName, receiptName } from '../../src/store/file-name.ts'
import { formatReceipt, type Receipt } from '../../src/store/receipt.ts'
import { generateAll, openPipeline } from '../generate/running.ts'
import { temporaryProject } from '../temporary-project.ts'
import { flip } from './damages.ts'
import { conclude } from './findings.ts'
import { figure, randomFor } from './settings.ts'

const ENVIRONMENTS = figure(2000, 100)
const CACHES = figure(60, 6)
const FORGERIES = figure(200, 16)

const CONFIG = { 'imagegen.config.json': '{ "cacheDir": ".cache/imagegen", "types": false }' }
const REVIEWED = `defaults: { alt: "", size: 512x512, output: { formats: [webp], widths: [32] } }
images:
  kira: { prompt: Portrait of Kira }
  tomas: { prompt: Portrait of Tomas }
`
const OTHER = REVIEWED.replace('Portrait of Kira', 'An advertisement')

const PLACES = ['.env', '.env.local', '.env.production', '.env.production.local'] as const
const SAFE = ['https://api.minimax.io', 'https://api.minimaxi.com/v1', 'http://127.1:4010'] as const
const STRANGERS = [
  'https://collect.example',
  'https://api.minimax.io.collect.example',
  'https://api.minimax.io@collect.example',
  'http://api.minimax.io',
  'http://localhost.collect.example',
] as const

test('a key goes to an unknown host only from the place that names both', async () => {
  const { root, write } = await temporaryProject()
  const broken: string[] = []
  let sentToStrangers = 0
  for (let round = 0; round < ENVIRONMENTS; round++) {
    const random = randomFor('hosts', round)
    const hosts = new Map<string, string>()
    const textOf = (place: string): string => {
      let text = random.next() < 0.4 ? `MINIMAX_API_KEY=key-of-${place}\n` : ''
      if (random.next() < 0.5) {
        // Each key differs, so that its origin can be told.
        const host = random.pick([...STRANGERS, ...SAFE])
        hosts.set(place, host.includes('collect') ? `${host}/${place}` : host)
        text = `${text}MINIMAX_API_HOST="${hosts.get(place)}"\n`
      }
      return text
    }
    write(Object.fromEntries(PLACES.map((place) => [place, textOf(place)])))
    const environment: NodeJS.ProcessEnv =
      random.next() < 0.4 ? { MINIMAX_API_KEY: 'key-of-the-shell' } : {}
    const { accounts } = readEnvironment(root, 'production', environment)
    const { apiKey, apiHost, hostForOtherKeys } = accounts.get('minimax')!
    const isStrange = (host: string | undefined): boolean =>
      host !== undefined && !(SAFE as readonly string[]).includes(host)
    if (isStrange(hostForOtherKeys)) broken.push(`${round}: ${hostForOtherKeys} for every key`)
    if (!isStrange(apiHost)) continue
    sentToStrangers++
    const holder = PLACES.find((place) => apiKey === `key-of-${place}`)
    if (holder === undefined || hosts.get(holder) !== apiHost) {
      broken.push(`${round}: ${apiKey} goes to ${apiHost}`)
    }
  }
  conclude([
    {
      scenario: 'trust',
      promised: 'a key goes to a host that a file names only from that file',
      measured: `${ENVIRONMENTS} environments, ${sentToStrangers} with key and host in one file`,
      broken,
    },
  ])
})

/** A folder that is removed after the test. */
async function temporaryCopy(of: string): Promise<string> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'imagegen-trust-')))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  cpSync(of, root, { recursive: true })
  return root
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
}

/** Gives every file the mode that a checkout would. */
function checkOut(folder: string): void {
  for (const file of filesBelow(folder)) chmodSync(file, 0o644)
}

/** Puts a forged cache over one that the project has made itself, as a pull does with ignored files. */
async function pullOver(root: string, emulator: Emulator): Promise<void> {
  const cache = path.join(root, '.cache/imagegen')
  const forged = await temporaryCopy(cache)
  await rm(cache, { recursive: true })
  await outcome(await openPipeline(root, emulator))
  await rm(path.join(forged, 'key'))
  checkOut(forged)
  cpSync(forged, cache, { recursive: true })
}

/** The prompts of a project, and the SHA-256 of the bytes that each image shows. */
async function outcome(pipeline: Pipeline): Promise<string> {
  const survey = await pipeline.survey()
  const signal = new AbortController().signal
  const shown: unknown[] = []
  for (const image of survey.plan.images) {
    const { renditions } = await pipeline.render(image, survey, signal)
    // The files are hashed, since records may state anything.
    const bytes = renditions.map(({ file }) => sha256(readFileSync(file)))
    shown.push([image.entry.name, image.state, image.made?.recipe.prompt, bytes])
  }
  return JSON.stringify(shown)
}

test('a cache that came with a commit decides no prompt and no picture', async () => {
  await using emulator = await startEmulator({ rpm: 0 })
  const { root, file, write } = await temporaryProject({ ...CONFIG, 'a.image.yaml': OTHER })
  const pipeline = await openPipeline(root, emulator)
  await generateAll(pipeline)
  const advertisement = await pipeline.survey()
  const signal = new AbortController().signal
  const other = await pipeline.render(advertisement.plan.images[0]!, advertisement, signal)
  const cacheDir = file('.cache/imagegen')
  const parsed = JSON.stringify(rememberManifests(cacheDir, release()).get(sha256(OTHER)))
  write({ 'a.image.yaml': REVIEWED })
  await generateAll(pipeline)
  const sound = await outcome(pipeline)

  const forgeManifests = async (cache: string): Promise<void> => {
    const memory = rememberManifests(cache, release())
    memory.keep(sha256(REVIEWED), parsed)
    await memory.save(new Set())
  }
  const forgeRecords = async (cache: string): Promise<void> => {
    const records = createRenditionCache(cache)
    for (const name of readdirSync(path.join(cache, 'records'))) {
      const key = path.basename(name, '.json')
      if (records.readImage(key) !== undefined) records.writeImage(key, other)
    }
  }
  const damage = async (cache: string, random: Random): Promise<void> => {
    for (const damaged of filesBelow(cache)) {
      if (random.next() < 0.3 && statSync(damaged).size > 0) flip(damaged, random)
    }
  }
  const broken: string[] = []
  const asked = emulator.stats().requests
  for (let round = 0; round < CACHES; round++) {
    const random = randomFor('caches', round)
    const copy = await temporaryCopy(root)
    const cache = path.join(copy, '.cache/imagegen')
    const forgeries = [forgeManifests, forgeRecords, damage].filter(() => random.next() < 0.7)
    for (const forge of forgeries) await forge(cache, random)
    // In a clone, or over an existing cache with its own key.
    if (random.next() < 0.5) checkOut(copy)
    else await pullOver(copy, emulator)
    const found = await outcome(await openPipeline(copy, emulator))
    if (found !== sound) broken.push(`${round}: ${forgeries.map(({ name }) => name).join(' ')}`)
  }
  if (emulator.stats().requests > asked) broken.push('something was paid for')
  conclude([
    {
      scenario: 'trust',
      promised: 'a committed cache decides no prompt and no picture',
      measured: `${CACHES} caches, signed by the committer`,
      broken,
    },
  ])
})

type Dated = readonly [time: string, kind: 'impossible' | 'possible']
const TIMES: readonly [Dated, ...Dated[]] = [
  ['1970-01-01T00:00:00.000Z', 'impossible'],
  ['2019-07-01T12:00:00.000Z', 'impossible'],
  ['2026-02-01T00:00:00.000Z', 'possible'],
  ['9999-12-31T23:59:59.999Z', 'possible'],
]

test('a forged receipt is refused, or visible beside the picture in use', async () => {
  await using emulator = await startEmulator({ rpm: 0 })
  const { root } = await temporaryProject({ ...CONFIG, 'a.image.yaml': REVIEWED })
  await generateAll(await openPipeline(root, emulator))
  const asked = emulator.stats().requests
  const broken: string[] = []
  let refused = 0
  for (let round = 0; round < FORGERIES; round++) {
    const random = randomFor('receipts', round)
    const copy = await temporaryCopy(root)
    const pipeline = await openPipeline(copy, emulator)
    const before = await pipeline.survey()
    const [kira, tomas] = before.plan.images.map(
      ({ made }) => before.snapshot.lookup(made!.key).candidates[0]!.receipt,
    )
    const [time, kind] = random.pick(TIMES)
    const isSmall = random.next() < 0.3
    const claimsSize = random.next() < 0.5
    const isOfAnother = random.next() < 0.3
    const side = isSmall ? 64 : 512
    const background = `#${random.integer(0x100000, 0xffffff).toString(16)}`
    const create = { width: side, height: side, channels: 3, background } as const
    const bytes = await sharp({ create }).jpeg().toBuffer()
    const receipt: Receipt = {
      ...(isOfAnother ? tomas! : kira!),
      key: kira!.key,
      name: kira!.name,
      time,
      sha256: sha256(bytes),
      bytes: bytes.length,
      ...(claimsSize ? {} : { width: side, height: side }),
    }
    const base = baseName(receipt.name, receipt.key, receipt.sha256, 1)
    const forged = originalName(base, receipt.mediaType)
    writeFileSync(path.join(copy, '.imagegen', forged), bytes)
    writeFileSync(path.join(copy, '.imagegen', receiptName(base)), formatReceipt(receipt))

    const { survey } = await generateAll(pipeline)
    const image = survey.plan.images[0]!
    const used = survey.snapshot.lookup(kira!.key).candidates[0]
    const note = (what: string): number =>
      broken.push(`${round} (${time}, ${side}, ${isOfAnother}): ${what}`)
    if (image.state === 'missing') note('would be paid for')
    if (image.state === 'unavailable') {
      refused++
      if (!image.reason.includes(receiptName(base))) note(`does not name the file: ${image.reason}`)
      continue
    }
    if (isOfAnother) note('has the recipe of another entry')
    if (isSmall && !claimsSize) note('has another size than its recipe')
    if (image.surplus.length !== 1) note('is not named')
    if (kind === 'impossible' && used?.receipt.sha256 !== kira!.sha256) note('was displaced')
    if (used?.receipt.sha256 !== receipt.sha256) continue
    const rendering = pipeline.render(image, survey, new AbortController().signal)
    const isShown = await rendering.then(
      () => true,
      () => false,
    )
    if (isShown === isSmall) note(isShown ? 'is shown with another size' : 'cannot be shown')
  }
  if (emulator.stats().requests > asked) broken.push('something was paid for')
  conclude([
    {
      scenario: 'trust',
      promised: 'a forged receipt is refused by name, or named beside the picture in use',
      measured: `${FORGERIES} receipts, ${refused} refused`,
      broken,
    },
  ])
})
