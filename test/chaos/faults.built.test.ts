import PQueue from 'p-queue'
import { test } from 'vitest'
import type { Fault } from '../../src/emulator/index.ts'
import type { FaultEffect, FaultSelection } from '../../src/emulator/faults.ts'
import { runUnderFaults, type Entries } from './faulty-run.ts'
import { conclude } from './findings.ts'
import { figure, isShort, randomFor, shuffled } from './settings.ts'

const MIXES = figure(500, 2)

/** Most of the time is spent in pauses before retries. */
const AT_ONCE = 16

/**
 * The expected result of a fault that affects one entry of several: `0` where it is overcome, otherwise the code of
 * that entry. `stop`: nothing else is tried either.
 */
type Expectation = 0 | string | { readonly stop: string }

const ONCE: ReadonlyArray<readonly [FaultEffect, Expectation]> = [
  ...[1000, 1001, 1024, 1033, 1039].map((code) => [{ kind: 'status', code }, 0] as const),
  ...[408, 500, 502, 503, 504].map((status) => [{ kind: 'http', status }, 0] as const),
  [{ kind: 'http', status: 429, retryAfter: 1 }, 0],
  [{ kind: 'reset' }, 0],
  [{ kind: 'reset', when: 'middle' }, 0],
  [{ kind: 'hang' }, 0],
  [{ kind: 'hang', when: 'middle' }, 0],
  [{ kind: 'delay', milliseconds: 700 }, 0],
  [{ kind: 'drip', bytes: 8192, interval: 20 }, 0],
  [{ kind: 'truncated-json' }, 0],
  [{ kind: 'broken-base64' }, 0],
  [{ kind: 'integer-counts' }, 0],
  [{ kind: 'mislabelled', format: 'png' }, 0],
  [{ kind: 'mislabelled', format: 'webp' }, 0],
  [{ kind: 'partial' }, 0],
  ...[1026, 1027, 1042, 2013, 4242].map(
    (code) => [{ kind: 'status', code }, String(code)] as const,
  ),
  // A refusal of two images at once: the run goes on with one image a request.
  [{ kind: 'http', status: 400 }, 0],
  [{ kind: 'empty' }, 'empty'],
  [{ kind: 'endless' }, 'malformed'],
  [{ kind: 'unsafe-url' }, 'download'],
  [{ kind: 'unsafe-url', url: 'data:image/jpeg;base64,AAAA' }, 'download'],
  [{ kind: 'not-an-image' }, 'unusable'],
  [{ kind: 'truncated-image' }, 'unusable'],
  [{ kind: 'wrong-size' }, 'unusable'],
  [{ kind: 'wrong-size', width: 1, height: 1 }, 'unusable'],
  [{ kind: 'wrong-aspect-ratio' }, 'unusable'],
  [{ kind: 'bomb' }, 'unusable'],
  ...[1004, 1008, 2049, 2056, 2061].map(
    (code) => [{ kind: 'status', code }, { stop: String(code) }] as const,
  ),
  [{ kind: 'http', status: 401 }, { stop: 'http-401' }],
  [{ kind: 'http', status: 404 }, { stop: 'http-404' }],
  [{ kind: 'redirect' }, { stop: 'http-307' }],
  [{ kind: 'redirect', status: 302, location: '/v1/image_generation' }, { stop: 'http-302' }],
]

/** These take minutes of waiting, or half a minute of retries, and almost no work. */
const SLOW: ReadonlyArray<readonly [FaultEffect, Expectation]> = [1002, 1041, 2045].map((code) => [
  { kind: 'status', code },
  0,
])
const PERMANENT: ReadonlyArray<readonly [FaultEffect, Expectation]> = [
  [{ kind: 'http', status: 400 }, 'http-400'],
  [{ kind: 'status', code: 1000 }, '1000'],
  [{ kind: 'http', status: 503 }, 'http-503'],
  [{ kind: 'http', status: 429, retryAfter: 1 }, 'http-429'],
  [{ kind: 'reset' }, 'network'],
  [{ kind: 'truncated-json' }, 'malformed'],
  [{ kind: 'broken-base64' }, 'malformed'],
]

const FOUR: Entries = { first: {}, struck: { n: 2 }, child: { needs: 'first' }, last: {} }

async function aloneBreaks(
  effect: FaultEffect,
  expected: Expectation,
  times: { readonly times?: number },
): Promise<string[]> {
  const strikesAll = typeof expected === 'object'
  const selection = strikesAll ? {} : { match: 'struck', ...times }
  const { ended, report, broken } = await runUnderFaults([{ ...effect, ...selection }], FOUR)
  const said = `${JSON.stringify({ ...effect, ...selection })}: `
  const codes = (report?.failed ?? []).map(({ code }) => code)
  const isRight =
    expected === 0
      ? codes.length === 0
      : strikesAll
        ? codes.length === 4 && codes.includes(expected.stop)
        : codes.length === 1 && codes[0] === expected
  const came = `expected ${JSON.stringify(expected)}, came ${codes.join()}: ${ended.stderr}`
  return [...broken, ...(isRight ? [] : [came])].map((what) => said + what)
}

test('each fault alone ends as it should, and costs only its own entry', async () => {
  const once = [...SLOW, ...ONCE].map((one) => [...one, { times: 1 }] as const)
  const all = [...PERMANENT.map((one) => [...one, {}] as const), ...once]
  const quick = once.slice(SLOW.length).filter(([{ kind }]) => kind !== 'hang')
  const few = shuffled(quick, randomFor('faults alone')).slice(0, 4)
  const chosen = isShort ? few : all
  const queue = new PQueue({ concurrency: AT_ONCE })
  const found = await queue.addAll(chosen.map((one) => () => aloneBreaks(...one)))
  conclude([
    {
      scenario: 'faults',
      promised: 'each alone: the right exit code, the others made, nothing served lost',
      measured: `${chosen.length} faults`,
      broken: found.flat(),
    },
  ])
})

const SIX: Entries = {
  first: {},
  second: { n: 2 },
  third: { needs: 'second' },
  fourth: {},
  fifth: { n: 3 },
  sixth: { needs: 'first' },
}

/** Some faults that occur now and then, none for ever. */
function randomFaults(round: number): Fault[] {
  const random = randomFor('mix', round)
  // The run waits for a server that hangs, and a minute for a rate limit, so the short form has neither.
  const effects = ONCE.map(([effect]) => effect).filter(
    ({ kind }) => !isShort || kind !== 'hang',
  ) as [FaultEffect, ...FaultEffect[]]
  return Array.from({ length: random.integer(1, 5) }, (): Fault => {
    // A 1002 costs a whole minute of waiting, so the short form has none.
    const isRateLimit = random.next() < 0.03 && !isShort
    const effect: FaultEffect = isRateLimit ? { kind: 'status', code: 1002 } : random.pick(effects)
    const selection = random.pick<FaultSelection>([
      { match: random.pick(['first', 'second', 'third', 'fourth', 'fifth', 'sixth']) },
      { nth: random.integer(1, 8) },
      { probability: random.between(0.1, 0.7), seed: random.integer(0, 1e6) },
      { from: random.integer(1, 4) },
    ])
    return { ...effect, ...selection, times: random.integer(1, 3) }
  })
}

test('any mix of faults ends with the right exit code, and nothing served is missing', async () => {
  const queue = new PQueue({ concurrency: AT_ONCE })
  let requests = 0
  let slowest = 0
  const exits = new Map<number | string, number>()
  const broken: string[] = []
  await queue.addAll(
    Array.from({ length: MIXES }, (_, index) => async () => {
      const faults = randomFaults(index)
      const run = await runUnderFaults(faults, SIX)
      requests += run.requests
      slowest = Math.max(slowest, run.ended.duration)
      exits.set(run.ended.code, (exits.get(run.ended.code) ?? 0) + 1)
      broken.push(...run.broken.map((what) => `mix ${index} ${JSON.stringify(faults)}: ${what}`))
    }),
  )
  const ends = [...exits].map(([code, count]) => `${count} with ${code}`).join(', ')
  conclude([
    {
      scenario: 'faults',
      promised: 'seeded mixes: every run ends, nothing served correctly is missing',
      measured: `${MIXES} mixes, ${requests} requests, ended ${ends}, ${(slowest / 1000).toFixed(0)} s at most`,
      broken,
    },
  ])
})
