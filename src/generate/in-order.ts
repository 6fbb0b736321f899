import type { Job } from '../plan/plan.ts'
import type { GenerateEvent } from './event.ts'
import {
  isConsequence,
  joinLacksOfKey,
  notTried,
  type Failure,
  type JobFailure,
} from './failure.ts'

export interface GenerateReport {
  /** Entries that have their picture now, no matter which process requested it. */
  readonly generated: readonly string[]
  readonly failures: readonly Failure[]
  /** Jobs that were not tried because the run was interrupted. */
  readonly remaining: readonly Job[]
}

/** What became of one job. */
export type Outcome =
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'interrupted' }

/**
 * Makes every job once those that it needs are made. One failure does not keep the others from being made, only what
 * needs it.
 *
 * @param jobs in dependency order.
 * @param make is called as soon as a job can be made: how many are made at once is its own business.
 */
export async function makeInOrder(
  jobs: readonly Job[],
  make: (job: Job) => Promise<Outcome>,
  onEvent: (event: GenerateEvent) => void,
): Promise<GenerateReport> {
  const outcomes = new Map<string, Promise<Outcome>>()
  const follow = async (job: Job, needed: readonly Promise<Outcome>[]): Promise<Outcome> => {
    const before = await Promise.all(needed)
    if (before.some(({ kind }) => kind === 'failed')) {
      const failure = notTried(job, 'blocked')
      onEvent({ kind: 'failed', job, failure })
      return { kind: 'failed', failure }
    }
    return before.some(({ kind }) => kind === 'interrupted') ? { kind: 'interrupted' } : make(job)
  }
  for (const job of jobs) {
    const needed = job.after.flatMap((key) => outcomes.get(key) ?? [])
    outcomes.set(job.made.key, follow(job, needed))
  }

  const generated: string[] = []
  const failures: JobFailure[] = []
  const remaining: Job[] = []
  for (const job of jobs) {
    const outcome = await outcomes.get(job.made.key)
    if (outcome?.kind === 'finished') generated.push(...job.ids)
    else if (outcome?.kind === 'failed') failures.push({ job, failure: outcome.failure })
    else remaining.push(job)
  }
  return { generated, failures: causesFirst(joinLacksOfKey(failures)), remaining }
}

/** What ended the run comes first, and what only follows from other failures last; each in the order of the jobs. */
function causesFirst(failures: readonly Failure[]): Failure[] {
  const rankOf = ({ code, stopsRun }: Failure): number =>
    stopsRun ? 0 : isConsequence(code) ? 2 : 1
  return failures.toSorted((left, right) => rankOf(left) - rankOf(right))
}
