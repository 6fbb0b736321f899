import { rm } from 'node:fs/promises'
import PQueue from 'p-queue'
import { test } from 'vitest'
import type { Random } from '../../src/emulator/drawing/random.ts'
import { imageModel } from '../../src/model/declare-facts.ts'
import { ModelError, type ImageModel, type ImageModelCall } from '../../src/model/image-model.ts'
import { generateAll, openPipeline } from '../generate/running.ts'
import { drawPicture } from '../model/providers/openai-images.ts'
import { temporaryProject } from '../temporary-project.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { conclude } from './findings.ts'
import { originalsIn } from './project.ts'
import { figure, randomFor } from './settings.ts'

const MODELS = figure(400, 12)
const AT_ONCE = 4

/** Runs of one project. What the first of them paid for must serve the others. */
const RUNS = 3

/** How a model treats one call, against what it promised. */
const LIES = [
  'none',
  'too few',
  'too many',
  'empty',
  'garbage',
  'another shape',
  'another kind of file',
  'the same picture',
  'fails after billing',
] as const
type Lie = (typeof LIES)[number]

/** What comes in the place of a picture. */
const FALSE_BYTES: Partial<Record<Lie, string>> = {
  garbage: 'no picture',
  'another kind of file': '%PDF-1.7\n1 0 obj\n',
}

/** What a model draws, whatever it is asked for. */
interface Character {
  readonly version: 'v2' | 'v3' | 'v4'
  /** It takes so many images a call, and says that it takes `says`. */
  readonly takes: number
  readonly says: number
  readonly ignoresShape: boolean
  readonly ignoresSeed: boolean
  /** Whether it says what it ignores. */
  readonly isHonest: boolean
  readonly declares: boolean
  readonly lies: readonly Lie[]
}

/** What a model knows of itself, whatever it says. */
interface Ledger {
  /** Calls that it answered or failed, refusals included. */
  calls: number
  /** Pictures that it bills for. */
  billed: number
  /** Billed calls, by their prompt and seed. */
  readonly paid: Map<string, number>
  /** Good pictures that arrived, by their SHA-256. */
  readonly good: Set<string>
}

function characterOf(random: Random): Character {
  const pick = <Item>(items: readonly Item[]): Item => items[random.integer(0, items.length - 1)]!
  const takes = random.integer(1, 4)
  return {
    version: pick(['v2', 'v3', 'v4'] as const),
    takes,
    says: random.next() < 0.5 ? takes : takes + random.integer(1, 6),
    ignoresShape: random.next() < 0.3,
    ignoresSeed: random.next() < 0.5,
    isHonest: random.next() < 0.5,
    declares: random.next() < 0.5,
    lies: Array.from({ length: random.integer(1, 3) }, () => pick(LIES)),
  }
}

/** A model of the given character. Every answer is another lie of its list. */
function liar(character: Character, random: Random, ledger: Ledger): ImageModel {
  const { version, takes, says, ignoresShape, ignoresSeed, isHonest, lies } = character
  let drawn = 0
  const warnings = (call: ImageModelCall): Array<Record<string, unknown>> => {
    if (!isHonest) return []
    const ignored = [
      ...(ignoresShape && call.size !== undefined ? ['size'] : []),
      ...(ignoresSeed && call.seed !== undefined ? ['seed'] : []),
    ]
    return ignored.map((name) =>
      version === 'v2'
        ? { type: 'unsupported-setting', setting: name }
        : { type: 'unsupported', feature: name },
    )
  }
  const model: ImageModel = {
    specificationVersion: version,
    provider: 'liar.image',
    modelId: 'brush',
    maxImagesPerCall: says,
    async doGenerate(call) {
      ledger.calls += 1
      if (call.n > takes) {
        throw new ModelError(`At most ${takes} a call.`, { code: 'http-400', retry: 'never' })
      }
      const lie = lies[random.integer(0, lies.length - 1)]!
      ledger.billed += call.n
      const asked = `${call.prompt} ${call.seed ?? ''}`
      ledger.paid.set(asked, (ledger.paid.get(asked) ?? 0) + 1)
      if (lie === 'fails after billing') {
        throw new ModelError('It is drawn, and gone.', {
          code: 'provider',
          retry: 'never',
          maybeBilled: true,
        })
      }
      const [width = 32, height = 32] = (call.size ?? '32x32').split('x').map(Number)
      const isWrong = lie === 'another shape' || (ignoresShape && call.size !== undefined)
      const shape = isWrong ? { width: height * 3, height: width } : { width, height }
      const counts = { 'too few': call.n - 1, 'too many': call.n + 2, empty: 0 } as const
      const count = lie in counts ? counts[lie as keyof typeof counts] : call.n
      const pictures = await Promise.all(
        Array.from({ length: count }, () =>
          drawPicture(shape, lie === 'the same picture' ? 0 : ++drawn),
        ),
      )
      const bytes = pictures.map((picture) => Buffer.from(FALSE_BYTES[lie] ?? picture))
      if (FALSE_BYTES[lie] === undefined && !isWrong) {
        for (const each of bytes) ledger.good.add(sha256(each))
      }
      return {
        images: bytes.map((each) => each.toString('base64')),
        warnings: warnings(call),
        providerMetadata: { liar: { images: [{ mediaType: 'image/png' }] } },
        response: { timestamp: new Date(), modelId: 'brush', headers: undefined },
      }
    },
  }
  return character.declares
    ? imageModel(model, { price: 0.01, limits: { sizes: ['48x32'] } })
    : model
}

/** Runs one project with one model several times, and says what went wrong. */
async function live(
  round: number,
): Promise<{ readonly broken: string[]; readonly billed: number }> {
  const random = randomFor('liars', round)
  const character = characterOf(random)
  const ledger: Ledger = { calls: 0, billed: 0, paid: new Map(), good: new Set() }
  const model = liar(character, random, ledger)
  const images = Array.from(
    { length: random.integer(1, 4) },
    (_, index) => `  i${index}: { prompt: p${index}, n: ${random.integer(1, 4)} }\n`,
  )
  const { root, file } = await temporaryProject({
    'a.image.yaml': `defaults: { alt: "", model: liar, size: 48x32 }\nimages:\n${images.join('')}`,
  })
  const broken: string[] = []
  const say = (what: string): void => void broken.push(`${JSON.stringify(character)}: ${what}`)
  try {
    let unusable = new Set<string>()
    for (let run = 1; run <= RUNS; run++) {
      const before = { ...ledger }
      const paidBefore = new Map(ledger.paid)
      const pipeline = await openPipeline(root, {
        url: 'http://127.0.0.1:9',
        inline: { models: { liar: model }, budget: { images: 200 } },
      })
      const { report } = await generateAll(pipeline)
      const { requests, pictures, usd } = pipeline.budget.spent()
      const calls = ledger.calls - before.calls
      const billed = ledger.billed - before.billed
      if (requests !== calls) say(`run ${run}: ${requests} requests told, ${calls} made`)
      if (pictures !== billed) say(`run ${run}: ${pictures} pictures told, ${billed} billed`)
      const right = character.declares ? Math.round(billed * 1e4) / 1e6 : null
      if (usd !== (billed === 0 ? 0 : right)) say(`run ${run}: ${usd} USD told, ${billed} billed`)
      const survey = await pipeline.survey()
      for (const { entry, state } of survey.plan.images) {
        const failed = report.failures.some(({ ids }) => ids.includes(entry.id))
        if (failed ? state === 'current' : state === 'missing')
          say(`run ${run}: ${entry.name} is ${state}`)
      }
      for (const name of unusable) {
        const again = [...ledger.paid].filter(
          ([asked, count]) => asked.startsWith(`${name} `) && count > (paidBefore.get(asked) ?? 0),
        )
        if (again.length > 0) say(`run ${run}: ${name} was unusable, and was paid for again`)
      }
      unusable = new Set(
        survey.plan.images
          .filter(({ state }) => state === 'unusable')
          .map(({ entry }) => entry.name.replace('i', 'p')),
      )
      const { problems } = await pipeline.store.verify()
      for (const { message } of problems) say(`run ${run}: verify: ${message}`)
    }
    const stored = new Set(originalsIn(file('.imagegen')))
    for (const hash of stored) if (!ledger.good.has(hash)) say('stored what is not good')
    const kept = new Set([...stored, ...originalsIn(file('.imagegen/quarantine'))])
    for (const hash of ledger.good) if (!kept.has(hash)) say('lost a good picture')
    return { broken, billed: ledger.billed }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

test('a model that lies is paid once, counted right, and its useless answers are remembered', async () => {
  const queue = new PQueue({ concurrency: AT_ONCE })
  const lives = await queue.addAll(Array.from({ length: MODELS }, (_, round) => () => live(round)))
  conclude([
    {
      scenario: 'liars',
      promised: 'models that lie: counts are right, nothing unusable is paid for again',
      measured: `${MODELS} models, ${RUNS} runs each, ${lives.reduce((sum, { billed }) => sum + billed, 0)} pictures billed`,
      broken: lives.flatMap(({ broken }, round) => broken.map((what) => `model ${round}: ${what}`)),
    },
  ])
})
