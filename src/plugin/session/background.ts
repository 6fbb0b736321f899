import type { Job, Pipeline, Survey } from '../../pipeline.ts'
import { createRunLog } from '../../pipeline/run-log.ts'
import { debug } from '../../shared/debug.ts'
import { ImagegenError, messageOf, type Problem } from '../../shared/errors.ts'
import type { Logger } from '../../shared/logger.ts'
import type { FollowedRun, RunListener } from '../../studio/subject.ts'
import { createWantedJobs, isEdited, type WantedJobs } from './wanted-jobs.ts'

/** Milliseconds for which a recipe must stay unchanged, so that typing does not cost a request per letter. */
const STILL = 2000

/** Milliseconds for which new images wait for more of the same run: pages without HMR reload for each update. */
const JOINED = 5000

/** Why generating an image failed. */
interface BackgroundFailure {
  readonly code: string
  readonly problem: Problem
  /** The account is the cause, not the image. */
  readonly stopsRun: boolean
  readonly isRetryable: boolean
}

/** What a missing image waits for: its request, or the user. */
export type Awaiting = 'being-made' | 'no-key' | 'over-budget' | 'not-asked'

/** Generates missing images while a dev server runs. */
export interface Background {
  /** Takes a new survey: its missing images are generated once their recipes stay unchanged. */
  consider(survey: Survey): void
  /** The final failure of a key. */
  failureOf(key: string): BackgroundFailure | undefined
  /** Why there is no picture for a key that is missing and has not failed. */
  awaitingOf(key: string): Awaiting
  /**
   * A process has stored something.
   *
   * @returns whether it is published together with the images of the current run.
   */
  joins(): boolean
  /** A manifest was saved: failures that may have passed, such as those of the account, are retried. */
  forgive(): void
  /** Requests nothing more. Requests in flight finish and are stored: they are paid for. */
  close(): void
}

/** What a session knows of images that have no picture. */
export type Outlook = Pick<Background, 'failureOf' | 'awaitingOf'>

/** Another session of the same dev server, which generates what is missing. */
export interface Generating {
  /** `undefined`: it has not begun. */
  outlook(): Outlook | undefined
  /** Called whenever images have arrived or failed. */
  onNews(listener: () => void): void
}

/**
 * @param publish called whenever images have arrived or failed.
 * @param onRun called with what is about to be requested.
 * @param generating another session that generates: this one requests nothing and knows what that one knows.
 */
export function createBackground(
  pipeline: Pipeline,
  logger: Logger,
  publish: () => Promise<void>,
  onRun?: (...run: Parameters<RunListener>) => FollowedRun | undefined,
  generating?: Pick<Generating, 'outlook'>,
): Background {
  const { options } = pipeline
  const stopping = new AbortController()
  const never = new AbortController()
  const seen = new Map<string, number>()
  const failures = new Map<string, BackgroundFailure>()
  const said = new Set<string>()
  /** The last jobs that could not be asked for, by key. */
  const refused = new Map<string, Awaiting>()
  /** What jobs would be refused for by themselves, by key: pages show it before their turn comes. */
  const foreseen = new Map<string, Awaiting>()
  let jobsByKey: ReadonlyMap<string, Job> = new Map()
  let newest: Survey | undefined
  let timer: NodeJS.Timeout | undefined
  let publishing: NodeJS.Timeout | undefined
  /** Of the current run. */
  let wanted: WantedJobs | undefined

  const isWanted = options.mode === 'generate' && options.dev.generate === 'auto'

  function consider(survey: Survey): void {
    newest = survey
    foreseen.clear()
    jobsByKey = new Map(survey.plan.jobs.map((job) => [job.made.key, job]))
    for (const key of refused.keys()) if (!jobsByKey.has(key)) refused.delete(key)
    wanted?.follow(survey)
    if (!isWanted || generating !== undefined || stopping.signal.aborted) return
    const now = Date.now()
    const keys = new Set(survey.plan.jobs.map((job) => job.made.key))
    for (const key of seen.keys()) if (!keys.has(key)) seen.delete(key)
    for (const key of keys) if (!seen.has(key)) seen.set(key, now)
    debug('wait', waitLines)
    schedule()
  }

  function schedule(): void {
    clearTimeout(timer)
    const next = Math.min(...ripeTimes().values())
    if (wanted !== undefined || stopping.signal.aborted || !Number.isFinite(next)) return
    timer = setTimeout(() => void run(), Math.max(0, next - Date.now()))
  }

  function openJobs(): Job[] {
    return (newest?.plan.jobs ?? []).filter((job) => !failures.has(job.made.key))
  }

  /** When each open job will have been still, with everything that it waits for; milliseconds since 1970. */
  function ripeTimes(): ReadonlyMap<string, number> {
    const times = new Map<string, number>()
    // Jobs come in dependency order. A job whose dependency failed waits until that recipe changes.
    for (const { made, after } of openJobs()) {
      const needed = after.map((key) => times.get(key) ?? Infinity)
      times.set(made.key, Math.max((seen.get(made.key) ?? 0) + STILL, ...needed))
    }
    return times
  }

  /** What each open job waits for before it is asked for. */
  function waitLines(): string[] {
    const jobs = openJobs()
    const times = ripeTimes()
    const open = new Map(jobs.map(({ made, ids }) => [made.key, ids.join(', ')]))
    return jobs.map(({ made, after, ids }) => {
      const name = ids.join(', ')
      const time = times.get(made.key) ?? Infinity
      if (!Number.isFinite(time)) return `${name}: waiting, what it refers to has failed`
      const needed = after.flatMap((key) => open.get(key) ?? [])
      const more = `${Math.max(0, time - Date.now())} ms more`
      return needed.length > 0
        ? `${name}: waiting for what it refers to, ${needed.join(', ')}, ${more}`
        : `${name}: waiting until it has not changed for ${STILL} ms, ${more}`
    })
  }

  async function run(): Promise<void> {
    const survey = newest
    const times = ripeTimes()
    const now = Date.now()
    const jobs = openJobs().filter(({ made }) => (times.get(made.key) ?? Infinity) <= now)
    // A timer may be a millisecond early.
    if (survey === undefined || jobs.length === 0) return schedule()
    // Hosts that watch only what pages import do not report edits of other manifests.
    if ([...survey.manifests, ...survey.styles].some(isEdited)) return publish().catch(complain)
    if (!mayAsk(jobs)) return
    wanted = createWantedJobs(survey)
    const log = createRunLog(jobs, logger)
    const followed = onRun?.(jobs, options.root)
    try {
      const report = await pipeline.generate(survey, jobs, {
        signal: stopping.signal,
        abandon: never.signal,
        signalOf: wanted.signalOf,
        onEvent(event) {
          log.tell(event)
          followed?.tell(event)
          if (event.kind === 'finished') publishSoon()
        },
      })
      for (const failure of report.failures) {
        fail(
          jobs.filter((job) => job.ids.some((id) => failure.ids.includes(id))),
          failure,
        )
      }
      dropPublishing()
      // Before the next survey is considered: it must know what has just arrived.
      await publish()
    } catch (error) {
      // Nothing could be tried: an immediate retry would loop for ever.
      fail(jobs, {
        code: 'stopped',
        problem: { message: messageOf(error) },
        stopsRun: true,
        isRetryable: true,
      })
    } finally {
      log.end()
      followed?.end()
      wanted = undefined
      if (newest === survey) newest = undefined
      schedule()
    }
  }

  /** At the end of the run at the latest. */
  function publishSoon(): void {
    publishing ??= setTimeout(() => {
      publishing = undefined
      void publish().catch(complain)
    }, JOINED)
  }

  function dropPublishing(): void {
    clearTimeout(publishing)
    publishing = undefined
  }

  function fail(failed: readonly Job[], failure: BackgroundFailure): void {
    for (const job of failed) failures.set(job.made.key, failure)
    logger.error(new ImagegenError('provider', failure.problem).message)
  }

  /** Reports once why nothing is requested: placeholders stay on the page until then. */
  function mayAsk(jobs: readonly Job[]): boolean {
    const error = refusalOf(jobs)
    const before = jobs.map(({ made }) => awaitingOf(made.key)).join()
    for (const { made } of jobs) {
      if (error === undefined) refused.delete(made.key)
      else refused.set(made.key, awaitingAfter(error))
    }
    if (error === undefined) return true
    if (!said.has(error.code)) logger.warn(`${error.message}\n\nPlaceholders are shown until then.`)
    said.add(error.code)
    // Placeholders say why.
    if (before !== jobs.map(({ made }) => awaitingOf(made.key)).join()) publish().catch(complain)
    return false
  }

  function refusalOf(jobs: readonly Job[]): ImagegenError | undefined {
    try {
      pipeline.hold(jobs)
      return undefined
    } catch (error) {
      if (error instanceof ImagegenError) return error
      throw error
    }
  }

  function awaitingOf(key: string): Awaiting {
    if (!isWanted) return 'not-asked'
    const there = generating?.outlook()?.awaitingOf(key)
    if (there !== undefined) return there
    const known = refused.get(key) ?? foreseen.get(key)
    if (known !== undefined) return known
    const job = jobsByKey.get(key)
    const error = job === undefined ? undefined : refusalOf([job])
    const awaiting = error === undefined ? 'being-made' : awaitingAfter(error)
    foreseen.set(key, awaiting)
    return awaiting
  }

  function complain(error: unknown): void {
    if (!stopping.signal.aborted) logger.error(messageOf(error))
  }

  return {
    consider,
    failureOf: (key) => generating?.outlook()?.failureOf(key) ?? failures.get(key),
    awaitingOf,
    joins() {
      if (wanted === undefined) return false
      publishSoon()
      return true
    },
    forgive() {
      for (const [key, { stopsRun, isRetryable }] of failures) {
        if (stopsRun || isRetryable) failures.delete(key)
      }
    },
    close() {
      clearTimeout(timer)
      dropPublishing()
      stopping.abort()
    },
  }
}

function awaitingAfter({ code }: ImagegenError): Awaiting {
  return code === 'budget' ? 'over-budget' : 'no-key'
}
