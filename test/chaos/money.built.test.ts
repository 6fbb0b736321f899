import PQueue from 'p-queue'
import { test } from 'vitest'
import { startEmulator, type Fault } from '../../src/emulator/index.ts'
import { conclude } from './findings.ts'
import { chaosProject, configOf } from './project.ts'
import { figure, randomFor } from './settings.ts'

const RUNS = figure(60, 2)
const ENTRIES = 12
/** USD an image. */
const PRICE = 0.0035

/** Each of them may have been billed, so each attempt counts. */
const BILLED: ReadonlyArray<Fault> = [
  { kind: 'http', status: 500 },
  { kind: 'http', status: 504 },
  { kind: 'status', code: 1000 },
  { kind: 'status', code: 1033 },
  { kind: 'reset' },
  { kind: 'reset', when: 'middle' },
  { kind: 'truncated-json' },
  { kind: 'broken-base64' },
  { kind: 'not-an-image' },
  { kind: 'status', code: 1027 },
  { kind: 'empty' },
]

/** None of them was billed: they count as requests only. */
const FREE: ReadonlyArray<Fault> = [
  { kind: 'status', code: 1026 },
  { kind: 'status', code: 2013 },
  { kind: 'status', code: 1042 },
]

interface Request {
  readonly prompt: string
  readonly n: number
}

test('a budget holds under concurrency and retries, and the closing line states what was spent', async () => {
  const past: string[] = []
  const told: string[] = []
  let asked = 0
  let requests = 0
  const queue = new PQueue({ concurrency: 8 })
  await queue.addAll(
    Array.from({ length: RUNS }, (_, round) => async () => {
      const random = randomFor('money', round)
      const free = random.next() < 0.25
      const kinds = free ? FREE : BILLED
      const fault = kinds[random.integer(0, kinds.length - 1)]!
      const pictures = Array.from({ length: ENTRIES }, () => random.integer(1, 3))
      const planned = pictures.reduce((sum, n) => sum + n, 0)
      // The plan itself always fits: only retries exceed the budget.
      const budget = planned + random.integer(0, 6)
      const isUsd = random.next() < 0.5
      await using emulator = await startEmulator({
        rpm: 0,
        latency: random.integer(0, 60),
        faults: [{ ...fault, probability: random.between(0.2, 0.9), seed: round }],
      })
      await using project = await chaosProject(emulator.url, {
        'art.image.yaml': `defaults: { alt: "", size: 512x512 }\nimages:\n${pictures
          .map((n, index) => `  e${index}: { prompt: p${index}, n: ${n} }\n`)
          .join('')}`,
        ...configOf({ budget: isUsd ? { images: 1000, usd: budget * PRICE } : { images: budget } }),
      })
      const { stdout, stderr } = await project.run('generate', '--yes')
      const sent = emulator.requests().map(({ body }) => body as Request)
      const sentPictures = sent.reduce((sum, { n }) => sum + n, 0)
      const said = `run ${round}, ${fault.kind}, budget ${budget}`
      asked += sentPictures
      requests += sent.length
      if (!free && sentPictures > budget) past.push(`${said}: asked for ${sentPictures}`)

      const [, told1, told2, told3] =
        /Spent: (\d+) pictures? in (\d+) requests?, ([\d.]+) USD\./.exec(stdout) ?? []
      const expected = free ? emulator.stats().images : sentPictures
      const line = `${told1} pictures, ${told2} requests, ${told3} USD`
      const right = `${expected} pictures, ${sent.length} requests, ${Number((expected * PRICE).toFixed(6))} USD`
      if (line !== right) told.push(`${said}: ${line}, and not ${right}: ${stderr}`)
    }),
  )
  const scenario = 'money'
  conclude([
    {
      scenario,
      promised: 'a budget in images or USD is never exceeded, retries included',
      measured: `${RUNS} runs, ${asked} pictures asked for`,
      broken: past,
    },
    {
      scenario,
      promised: "the closing line equals the emulator's count",
      measured: `${RUNS - told.length} of ${RUNS} runs, ${requests} requests`,
      broken: told,
    },
  ])
})
