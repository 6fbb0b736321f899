import path from 'node:path'
import PQueue from 'p-queue'
import { expect, test } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import type { Random } from '../../src/emulator/drawing/random.ts'
import { wait } from '../../src/shared/abort.ts'
import { watchArrivals } from './arrivals.ts'
import { conclude } from './findings.ts'
import {
  chaosProject,
  configOf,
  digestOfFolder,
  type ChaosProject,
  type Running,
} from './project.ts'
import { figure, isShort, randomFor } from './settings.ts'

const KILLS = figure(200, 2)
/** Of one run. */
const KILLS_A_RUN = Math.min(10, KILLS)

const WORKERS = isShort ? 1 : 2

/** Milliseconds: the longest that an abandoned lock may delay a run on a busy machine, beyond the time of a start. */
const FEW_SECONDS = isShort ? Infinity : 10_000

/** All but two have one picture, the two have three. */
const ENTRIES = isShort ? 6 : 36
const IMAGES = ENTRIES + 4

function picturesOf(index: number): number {
  return index < ENTRIES - 2 ? 1 : 3
}

/** Some of them refer to another one. */
function manyImages(): string {
  const entries = Array.from({ length: ENTRIES }, (_, index) => {
    const needed = index % 9 === 3 ? `, references: ["#e${index - 3}"]` : ''
    const more = `${needed}, n: ${picturesOf(index)}`
    return `  e${index}: { prompt: "picture number ${index}."${more} }`
  })
  return `defaults: { alt: "", size: 512x512, output: { formats: [webp], widths: [48] } }
images:
${entries.join('\n')}
`
}

const PAGE = {
  'art.image.yaml': manyImages(),
  'index.html': '<script type="module" src="/main.js"></script>',
  'main.js': "import art from './art.image.yaml'\nconsole.log(art)\n",
  'vite.config.mjs':
    "import imagegen from 'unplugin-imagegen/vite'\nexport default { logLevel: 'warn', plugins: [imagegen()] }\n",
  ...configOf(),
}

async function build(project: ChaosProject): Promise<string> {
  const { code, stderr } = await startBuild(project).ended
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return digestOfFolder(project.file('dist'))
}

function startBuild(project: ChaosProject): Running {
  return project.startScript(
    path.join(import.meta.dirname, '../../node_modules/vite/bin/vite.js'),
    'build',
  )
}

interface Tally {
  kills: number
  served: number
  stored: number
  inFlight: number
  slowest: number
  readonly broken: Record<'lost' | 'twice' | 'verify' | 'lock' | 'build', string[]>
}

/** The numbers of requests and pictures that the emulator has seen, by entry. */
function countByName(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) {
    const name = `e${/number (\d+)\./.exec(text)?.[1] ?? ''}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

function requested(emulator: Emulator): Map<string, number> {
  return countByName(emulator.requests().map(({ body }) => (body as { prompt: string }).prompt))
}

function nameOf(arrival: string): string {
  return arrival.split('.')[0] ?? ''
}

/** Lets the process live for a random time: until its start, the first answers, or between two writes. */
async function liveALittle(running: Running, emulator: Emulator, random: Random): Promise<void> {
  const gone = new AbortController()
  void running.ended.then(() => gone.abort())
  const pause = async (milliseconds: number): Promise<void> => {
    await wait(milliseconds, gone.signal).catch(() => undefined)
  }
  if (random.next() < 0.2) return pause(random.between(0, 2000))
  const { images } = emulator.stats()
  const wanted = images + random.integer(0, 8)
  while (emulator.stats().images < wanted && !gone.signal.aborted) await pause(3)
  await pause(random.between(0, 150))
}

/** One run of many images that is killed again and again, then left alone until it is done. */
async function killedRun(round: number, baseline: string, tally: Tally): Promise<void> {
  const random = randomFor('kills', round)
  await using emulator = await startEmulator({ rpm: 0, latency: 150 })
  await using project = await chaosProject(emulator.url, PAGE)
  using arrivals = watchArrivals(project.storeDir)
  const at = (life: number, what: string): string => `run ${round}, life ${life}: ${what}`

  const start = (await project.run('plan')).duration
  const heldUp = (milliseconds: number): void => {
    tally.slowest = Math.max(tally.slowest, milliseconds - start)
  }
  let arrivedBefore = new Set<string>()
  for (let life = 1; life <= KILLS_A_RUN; life++) {
    const before = requested(emulator)
    const running = random.next() < 0.25 ? startBuild(project) : project.start('generate', '--yes')
    await liveALittle(running, emulator, random)
    running.process.kill('SIGKILL')
    const { code, stderr } = await running.ended
    if (code === 0) break
    if (code !== 'SIGKILL') tally.broken.lost.push(at(life, `ended with ${code}: ${stderr}`))
    tally.kills += 1

    const arrived = new Set([...(await arrivals.seen())].map(nameOf))
    const after = requested(emulator)
    for (const [name, count] of after) {
      const sent = count - (before.get(name) ?? 0)
      if (sent === 0) continue
      if (arrivedBefore.has(name)) tally.broken.twice.push(at(life, `${name} had arrived`))
      if (!arrived.has(name)) tally.inFlight += sent * picturesOf(Number(name.slice(1)))
    }
    arrivedBefore = arrived
    await expectVerified(project, (what) => tally.broken.verify.push(at(life, what)))
    const first = emulator.requests().find(({ time }) => time >= running.since)
    heldUp((first?.time ?? running.since) - running.since)
  }

  const last = await project.start('generate', '--yes').ended
  if (last.code !== 0) tally.broken.lost.push(at(99, `could not be completed: ${last.stderr}`))
  heldUp(last.duration)
  const { problems, intact, quarantined } = await project.openStore().verify()
  if (problems.length + quarantined > 0 || intact !== IMAGES) {
    tally.broken.lost.push(
      at(99, `${intact} intact, ${quarantined} set aside, ${String(problems)}`),
    )
  }
  tally.served += emulator.stats().images
  tally.stored += intact
  const { requests } = emulator.stats()
  if ((await build(project)) !== baseline) tally.broken.build.push(at(99, 'other bytes'))
  if (emulator.stats().requests > requests) tally.broken.twice.push(at(99, 'the build asked'))
}

/** A pending response is not damage, and neither are bytes that are written before their receipt. */
async function expectVerified(
  project: ChaosProject,
  complain: (what: string) => void,
): Promise<void> {
  const { problems } = await project.openStore().verify()
  const waiting = problems.filter(({ kind }) => kind === 'response-pending').map(({ file }) => file)
  const keyIn = (file: string): string => /\.([0-9a-f]{16})\./.exec(file)?.[1] ?? file
  const keys = new Set(waiting.map(keyIn))
  for (const { kind, message, file } of problems) {
    if (kind === 'response-pending') continue
    if (kind === 'receipt-absent' && keys.has(keyIn(file))) continue
    complain(message)
  }
}

test('the next process completes the work of one killed at any instant', async () => {
  await using emulator = await startEmulator({ rpm: 0 })
  await using untouched = await chaosProject(emulator.url, PAGE)
  const baseline = await build(untouched)
  const tally: Tally = {
    kills: 0,
    served: 0,
    stored: 0,
    inFlight: 0,
    slowest: 0,
    broken: { lost: [], twice: [], verify: [], lock: [], build: [] },
  }
  const queue = new PQueue({ concurrency: WORKERS })
  let round = 0
  const work = async (): Promise<void> => {
    // A run may be done before its last kill.
    while (tally.kills < KILLS) await killedRun(++round, baseline, tally)
  }
  await queue.addAll(Array.from({ length: WORKERS }, () => work))

  const { kills, served, stored, inFlight, slowest, broken } = tally
  if (served - stored > inFlight) broken.lost.push(`${served - stored} of ${inFlight} in flight`)
  if (slowest > FEW_SECONDS) broken.lock.push(`${slowest} ms`)
  const scenario = 'kills'
  conclude([
    {
      scenario,
      promised: 'answered minus stored is at most what was in flight at the kills',
      measured: `${kills} kills in ${round} runs: ${served} answered, ${stored} stored, ${inFlight} in flight`,
      broken: broken.lost,
    },
    {
      scenario,
      promised: 'nothing that had arrived is requested again',
      measured: `${broken.twice.length} times`,
      broken: broken.twice,
    },
    {
      scenario,
      promised: 'the store verifies after each kill',
      measured: `${kills - broken.verify.length} of ${kills}`,
      broken: broken.verify,
    },
    {
      scenario,
      promised: 'no lock blocks the next run for longer than a few seconds',
      measured: `${(slowest / 1000).toFixed(1)} s at most over a start`,
      broken: broken.lock,
    },
    {
      scenario,
      promised: 'the final build equals that of a run that was never killed',
      measured: `${round - broken.build.length} of ${round} byte-identical`,
      broken: broken.build,
    },
  ])
})
