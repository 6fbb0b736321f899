import type { Job } from '../plan/plan.ts'
import type { GenerateEvent } from './event.ts'
import type { Failure } from './failure.ts'

/** How far a job is. Times are in milliseconds since 1970. */
export type JobPhase =
  /** Nothing has been sent for it yet, and nothing keeps it but its turn. */
  | { readonly kind: 'queued' }
  /** The account's rate limit has no place before `until`. `null`: the provider asked for a pause. */
  | {
      readonly kind: 'rate-limited'
      readonly until: number
      readonly requestsPerMinute: number | null
    }
  /** The provider has been asked since then. */
  | { readonly kind: 'requested'; readonly since: number }
  /** The provider has answered. What came is being checked and stored. */
  | { readonly kind: 'arrived' }
  /** A request failed and is tried again; the provider's words. */
  | { readonly kind: 'retrying'; readonly message: string }
  /** Another process asks for the same pictures. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'stored' }
  /** `failure.problem` holds the provider's words and what to do now. */
  | { readonly kind: 'failed'; readonly failure: Failure }

/** How far a run is. */
export interface RunState {
  readonly jobs: number
  /** Jobs that are stored or failed. */
  readonly ended: number
  /** Milliseconds until the last job ends, as far as can be told; `null`: not known yet. */
  readonly remaining: number | null
  /** The rate limit that requests wait for; `until`: when the next one is sent. */
  readonly rateLimit: {
    readonly until: number
    readonly requestsPerMinute: number | null
    readonly waiting: number
  } | null
  /** The request that has been without an answer for longest. */
  readonly slowest: { readonly job: Job; readonly since: number } | null
}

/** Folds the events of a run into how far it is. */
export interface RunProgress {
  note(event: GenerateEvent): void
  phaseOf(job: Job): JobPhase
  read(): RunState
}

/** Providers count by the minute, in milliseconds. */
const MINUTE = 60_000

/** A job, and what its requests brought so far. */
interface Followed {
  readonly job: Job
  phase: JobPhase
  arrived: number
}

/** @param now milliseconds since 1970. */
export function createRunProgress(jobs: readonly Job[], now: () => number = Date.now): RunProgress {
  const followed = new Map<string, Followed>(
    jobs.map((job) => [job.made.key, { job, phase: { kind: 'queued' }, arrived: 0 }]),
  )
  /** When requests were sent, oldest first, by account. */
  const sent = new Map<string, number[]>()
  let ended = 0
  let underWay = 0
  /** The most requests that were under way at once. */
  let atOnce = 1
  let answers = 0
  let answerTime = 0

  const note = (event: GenerateEvent): void => {
    if (event.kind === 'warning') return
    const found = followed.get(event.job.made.key)
    if (found === undefined || isEnd(found.phase)) return
    const before = found.phase
    found.phase = phaseAfter(event)
    if (before.kind === 'requested') underWay -= 1
    if (isEnd(found.phase)) ended += 1
    if (event.kind === 'requested') {
      underWay += 1
      atOnce = Math.max(atOnce, underWay)
      const { account } = found.job.made.model
      const times = sent.get(account) ?? []
      times.push(event.since)
      sent.set(account, times)
    }
    if (event.kind === 'arrived') {
      found.arrived += event.pictures
      if (before.kind !== 'requested') return
      answers += 1
      answerTime += event.time - before.since
    }
  }

  /** The longest of: the rate limit, the requests that are left, and the longest chain of references. */
  const remaining = (open: readonly Followed[], time: number): number | null => {
    if (open.length === 0) return 0
    const typical = answers === 0 ? null : answerTime / answers
    const limited = rateBound(open, sent, time)
    if (typical === null) return limited > time ? limited - time : null
    let work = 0
    let longest = 0
    const chains = new Map<string, number>()
    for (const one of open) {
      const left = workLeft(one, typical, time)
      work += left
      const needed = one.job.after.map((key) => chains.get(key) ?? 0)
      const chain = Math.max(0, ...needed) + left
      chains.set(one.job.made.key, chain)
      longest = Math.max(longest, chain)
    }
    const byRate = limited > time ? limited - time + typical : 0
    return Math.max(byRate, work / atOnce, longest)
  }

  return {
    note,
    phaseOf: (job) => followed.get(job.made.key)?.phase ?? { kind: 'queued' },
    read() {
      const time = now()
      const open = [...followed.values()].filter(({ phase }) => !isEnd(phase))
      return {
        jobs: followed.size,
        ended,
        remaining: remaining(open, time),
        rateLimit: rateLimitOf(open),
        slowest: slowestOf(open),
      }
    },
  }
}

function isEnd({ kind }: JobPhase): boolean {
  return kind === 'stored' || kind === 'failed'
}

function phaseAfter(event: Exclude<GenerateEvent, { kind: 'warning' }>): JobPhase {
  switch (event.kind) {
    case 'rate-limited': {
      const { kind, until, requestsPerMinute } = event
      return { kind, until, requestsPerMinute }
    }
    case 'requested':
      return { kind: 'requested', since: event.since }
    case 'arrived':
      return { kind: 'arrived' }
    case 'retried':
      return { kind: 'retrying', message: event.error.message }
    case 'waiting':
      return { kind: 'elsewhere' }
    case 'finished':
      return { kind: 'stored' }
    case 'failed':
      return { kind: 'failed', failure: event.failure }
    default:
      return event satisfies never
  }
}

/** Requests that are not sent yet. */
function unsentOf({ job, phase, arrived }: Followed): number {
  const { maxImagesPerCall } = job.made.model
  const requests = Math.ceil(Math.max(0, job.missing - arrived) / maxImagesPerCall)
  return phase.kind === 'requested' ? Math.max(0, requests - 1) : requests
}

/** Milliseconds of waiting for answers that a job still needs. */
function workLeft(followed: Followed, typical: number, time: number): number {
  const { phase } = followed
  const underWay = phase.kind === 'requested' ? Math.max(0, phase.since + typical - time) : 0
  return unsentOf(followed) * typical + underWay
}

/** When the last request of all accounts can be sent, by their rate limits. */
function rateBound(
  open: readonly Followed[],
  sent: ReadonlyMap<string, readonly number[]>,
  time: number,
): number {
  const unsent = new Map<string, { places: number; requests: number; known: number[] }>()
  for (const one of open) {
    const { account, requestsPerMinute = Infinity } = one.job.made.model
    const places = Math.max(1, Math.floor(requestsPerMinute))
    const sum = unsent.get(account) ?? { places, requests: 0, known: [] }
    sum.requests += unsentOf(one)
    if (one.phase.kind === 'rate-limited') sum.known.push(one.phase.until)
    unsent.set(account, sum)
  }
  const ends = [...unsent].map(([account, { places, requests, known }]) => {
    const times = [...(sent.get(account) ?? []), ...known.toSorted((left, right) => left - right)]
    for (let request = known.length; request < requests; request++) {
      const oldest = places <= times.length ? times.at(-places) : undefined
      times.push(Math.max(time, oldest === undefined ? time : oldest + MINUTE))
    }
    return requests === 0 ? time : times.reduce((last, one) => Math.max(last, one), time)
  })
  return Math.max(time, ...ends)
}

function rateLimitOf(open: readonly Followed[]): RunState['rateLimit'] {
  const limited = open.flatMap(({ phase }) => (phase.kind === 'rate-limited' ? [phase] : []))
  const [first, ...others] = limited
  if (first === undefined) return null
  const next = others.reduce((best, one) => (one.until < best.until ? one : best), first)
  const { until, requestsPerMinute } = next
  return { until, requestsPerMinute, waiting: limited.length }
}

function slowestOf(open: readonly Followed[]): RunState['slowest'] {
  let slowest: RunState['slowest'] = null
  for (const { job, phase } of open) {
    if (phase.kind !== 'requested') continue
    if (slowest === null || phase.since < slowest.since) slowest = { job, since: phase.since }
  }
  return slowest
}
