import { cpSync, existsSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { generateAll, openPipeline } from '../generate/running.ts'
import { temporaryProject } from '../temporary-project.ts'
import { bundlesIn, DAMAGES, flip, type Bundle } from './damages.ts'
import { conclude } from './findings.ts'
import { originalsIn } from './project.ts'
import { figure, randomFor, shuffled } from './settings.ts'

const STORES = figure(100, 12)
const FLIPS = figure(300, 20)

const MANIFEST = `defaults: { alt: "", size: 512x512, output: { formats: [webp], widths: [32] } }
images:
  kira: { prompt: Portrait of Kira }
  tomas: { prompt: Portrait of Tomas }
  pair: { prompt: Two of them, n: 2, pick: 2 }
  scene: { prompt: Kira in a library, references: ["#kira"] }
  dune: { prompt: A dune }
  gull: { prompt: A gull }
`

interface Outcome {
  readonly broken: readonly string[]
  /** The paths of all files with a reported problem. */
  readonly reported: string
  readonly isUnavailable: (bundle: Bundle) => boolean
}

/** Damages a copy of a whole store, then uses it as a build and a command would. */
async function useDamaged(
  template: string,
  paid: ReadonlySet<string>,
  damage: (bundles: readonly Bundle[]) => void,
): Promise<Outcome> {
  await using emulator = await startEmulator({ rpm: 0 })
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'imagegen-damage-')))
  try {
    cpSync(template, root, { recursive: true })
    damage(bundlesIn(path.join(root, '.imagegen')))
    const pipeline = await openPipeline(root, emulator)
    const verified = await pipeline.store.verify()
    const { survey } = await generateAll(pipeline)
    const broken: string[] = []
    const signal = new AbortController().signal
    for (const image of survey.images.values()) {
      const record = survey.snapshot.lookup(image.made?.key ?? '')
      for (const candidate of record.candidates) {
        const bytes = await pipeline.store.readOriginal(candidate).catch(() => undefined)
        if (bytes !== undefined && !paid.has(sha256(bytes))) broken.push('served other bytes')
        if (bytes !== undefined && sha256(bytes) !== candidate.receipt.sha256) {
          broken.push('served what the receipt does not say')
        }
      }
      if (image.state === 'current') continue
      if (image.state === 'missing') broken.push(`${image.entry.name} would be paid for again`)
      const rendered = await pipeline.render(image, survey, signal).catch(() => undefined)
      const original = rendered === undefined ? undefined : image.state
      if (original === 'blocked') broken.push(`${image.entry.name} is blocked and was rendered`)
    }
    const { requests } = emulator.stats()
    if (requests > 0) broken.push(`${requests} requests were sent`)
    const states = new Map(
      [...survey.images.values()].map(({ made, state }) => [made?.key.slice(0, 16), state]),
    )
    return {
      broken,
      reported: verified.problems.map(({ file }) => file).join('\n'),
      isUnavailable: ({ shortKey }) => states.get(shortKey) === 'unavailable',
    }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function paidTemplate(): Promise<{ readonly root: string; readonly paid: Set<string> }> {
  await using emulator = await startEmulator({ rpm: 0 })
  const { root } = await temporaryProject({ 'a.image.yaml': MANIFEST })
  await generateAll(await openPipeline(root, emulator))
  return { root, paid: new Set(originalsIn(path.join(root, '.imagegen'))) }
}

test('damaged stores are reported, serve nothing wrong, and request nothing', async () => {
  const { root, paid } = await paidTemplate()
  const wrong: string[] = []
  const unseen: string[] = []
  let damages = 0
  const kinds = Object.entries(DAMAGES)
  for (let round = 0; round < STORES; round++) {
    const random = randomFor('damage', round)
    const done: Array<readonly [string, Bundle]> = []
    const { broken, reported, isUnavailable } = await useDamaged(root, paid, (bundles) => {
      const struck = shuffled(bundles, random).slice(0, random.integer(1, 4))
      for (const [index, bundle] of struck.entries()) {
        // Each kind in turn, the others at random.
        const [name, damage] =
          (index === 0 ? kinds[round % kinds.length] : undefined) ??
          kinds[random.integer(0, kinds.length - 1)]!
        if (!existsSync(bundle.receipt)) continue
        damage(
          bundle,
          random,
          // The pictures of one key are pruned together, so others may be gone too.
          bundles.filter((other) => !struck.includes(other) && existsSync(other.original)),
        )
        done.push([name, bundle])
      }
    })
    damages += done.length
    const said = `store ${round} (${done.map(([name, { base }]) => `${name}: ${base}`).join(', ')})`
    wrong.push(...broken.map((what) => `${said}: ${what}`))
    for (const [name, bundle] of done) {
      const isSeen = reported.includes(bundle.base) || isUnavailable(bundle)
      if (!isSeen) unseen.push(`${said}: no report on ${name}`)
    }
  }
  const scenario = 'damage'
  conclude([
    {
      scenario,
      promised: 'every damage is reported by verify or by the plan',
      measured: `${damages} damages in ${STORES} stores, ${damages - unseen.length} reported`,
      broken: unseen,
    },
    {
      scenario,
      promised: 'nothing wrong is served, nothing is requested by itself',
      measured: `${wrong.length} times`,
      broken: wrong,
    },
  ])
})

test('a flipped bit of a receipt is reported, or changes nothing that is served or paid', async () => {
  const { root, paid } = await paidTemplate()
  const wrong: string[] = []
  let seen = 0
  for (let round = 0; round < FLIPS; round++) {
    const random = randomFor('flip', round)
    let struck = ''
    const { broken, reported } = await useDamaged(root, paid, (bundles) => {
      const bundle = bundles[random.integer(0, bundles.length - 1)]!
      struck = bundle.base
      flip(bundle.receipt, random)
    })
    if (reported.includes(struck)) seen += 1
    wrong.push(...broken.map((what) => `flip ${round} in ${struck}: ${what}`))
  }
  conclude([
    {
      scenario: 'damage',
      promised: 'a flipped bit of a receipt is reported, or harmless',
      measured: `${FLIPS} flips: ${seen} reported, ${FLIPS - seen} in fields that decide nothing`,
      broken: wrong,
    },
  ])
})
