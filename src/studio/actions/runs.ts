import {
  createRunProgress,
  type GenerateEvent,
  type GenerateReport,
  type Job,
  type Pipeline,
  type Selection,
  type Survey,
} from '../../pipeline.ts'
import type { Events } from '../listener/events.ts'
import { progressOf } from './image-progress.ts'
import type { ImageId, ImageProgress, RunState, ShownProblem } from '../protocol.ts'
import { refuse } from '../listener/refused.ts'
import { shownProblems, withoutPaths } from '../views/shown-problem.ts'
import type { RunListener } from '../subject.ts'

/** What is being generated: for this studio, or by the dev server itself. */
export interface Runs {
  /** The run under way, or the last one. */
  state(): RunState | null
  /**
   * Generates what a person agreed to. Returns once it has begun.
   *
   * @throws RefusedError `running`.
   */
  start(selection: Selection, survey: Survey, pipeline: Pipeline): RunState
  /** Sends no request any more; those under way are awaited and stored. */
  stop(): RunState | null
  /** A dev server begins a run of its own. */
  readonly follow: RunListener
  isBusy(): boolean
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
  /** Gives up what is under way too. What it brings may be paid for and lost. */
  abandon(): void
}

/** Milliseconds between two looks at the remaining time. */
const LOOK = 1000

/** @param onEnd called when nothing of a run is under way any more, and awaited before it is told that it is over. */
export function createRuns(events: Pick<Events, 'send'>, onEnd: () => Promise<unknown>): Runs {
  const abandoning = new AbortController()
  let count = 0
  let latest: Run | undefined
  let own: { readonly run: Run; readonly stopping: AbortController } | undefined
  let running: Promise<void> = Promise.resolve()

  function begin(jobs: readonly Job[], by: RunState['by'], root: string): Run {
    count += 1
    const run = createRun(count, jobs, by, root, events)
    latest = run
    return run
  }

  async function generate(
    run: Run,
    { jobs }: Selection,
    survey: Survey,
    pipeline: Pipeline,
    signal: AbortSignal,
  ): Promise<void> {
    const ending = await pipeline
      .generate(survey, jobs, {
        signal,
        abandon: abandoning.signal,
        onEvent: (event) => run.tell(event),
      })
      .then(
        (report) => () => run.end(report),
        (error: unknown) => () => run.fail(error),
      )
    // Before another run may begin: it must not be agreed to by a survey that lacks what this one has paid for.
    await onEnd().catch(() => undefined)
    own = undefined
    ending()
  }

  return {
    state: () => (own?.run ?? latest)?.state() ?? null,
    start(selection, survey, pipeline) {
      if (own !== undefined) {
        throw refuse('running', 'Images are being generated already.', {
          hint: 'Wait until they are there, or stop it first.',
        })
      }
      const run = begin(selection.jobs, 'studio', pipeline.options.root)
      const stopping = new AbortController()
      own = { run, stopping }
      running = generate(run, selection, survey, pipeline, stopping.signal)
      return run.state()
    },
    stop() {
      own?.stopping.abort()
      own?.run.stop()
      return (own?.run ?? latest)?.state() ?? null
    },
    follow(jobs, root) {
      const run = begin(jobs, 'dev-server', root)
      return { tell: (event) => run.tell(event), end: () => run.end(undefined) }
    },
    isBusy: () => own !== undefined,
    settled: () => running,
    abandon: () => abandoning.abort(),
  }
}

/** One run, and what is said of it. */
interface Run {
  state(): RunState
  tell(event: GenerateEvent): void
  stop(): void
  /** @param report `undefined`: the caller that began the run keeps it. */
  end(report: GenerateReport | undefined): void
  fail(error: unknown): void
}

function createRun(
  number: number,
  jobs: readonly Job[],
  by: RunState['by'],
  root: string,
  events: Pick<Events, 'send'>,
): Run {
  const progress = createRunProgress(jobs)
  const started = new Date().toISOString()
  const total = jobs.reduce((sum, { ids }) => sum + ids.length, 0)
  /** Images whose turn never came. */
  const notAsked = new Set<ImageId>()
  let phase: RunState['phase'] = 'running'
  let problem: ShownProblem | null = null
  const timer = setInterval(tellHead, LOOK)
  timer.unref()

  const images = (some: readonly Job[]): ImageProgress[] =>
    some.flatMap((job) =>
      job.ids.map((id) =>
        notAsked.has(id)
          ? { id, at: 'not-asked' }
          : progressOf(id, job, progress.phaseOf(job), root),
      ),
    )

  function head(): Omit<RunState, 'images'> {
    const all = images(jobs)
    return {
      number,
      by,
      phase,
      started,
      total,
      stored: all.filter(({ at }) => at === 'stored').length,
      failed: all.filter(({ at }) => at === 'failed').length,
      remaining: phase === 'done' ? 0 : progress.read().remaining,
      problem,
    }
  }

  function tellHead(): void {
    events.send({ type: 'run', run: head() })
  }

  function tellImages(some: readonly Job[]): void {
    for (const one of images(some)) events.send({ type: 'progress', progress: one })
  }

  function close(): void {
    if (phase === 'done') return
    phase = 'done'
    clearInterval(timer)
    const open = jobs.filter(({ ids }) => ids.some((id) => notAsked.has(id)))
    tellImages(open)
    tellHead()
  }

  function leaveOpen(some: readonly Job[]): void {
    for (const { ids } of some) for (const id of ids) notAsked.add(id)
  }

  tellHead()
  tellImages(jobs)
  return {
    state: () => ({ ...head(), images: images(jobs) }),
    tell(event) {
      progress.note(event)
      if (event.kind === 'warning') {
        events.send({ type: 'warning', message: withoutPaths(event.message, root) })
        return
      }
      tellImages([event.job])
      if (event.kind === 'finished' || event.kind === 'failed') tellHead()
    },
    stop() {
      if (phase !== 'running') return
      phase = 'stopping'
      tellHead()
    },
    end(report) {
      leaveOpen(report === undefined ? jobs.filter((job) => !isOver(job)) : report.remaining)
      close()
    },
    fail(error) {
      problem = shownProblems(error, root)[0] ?? null
      leaveOpen(jobs.filter((job) => !isOver(job)))
      close()
    },
  }

  function isOver(job: Job): boolean {
    const { kind } = progress.phaseOf(job)
    return kind === 'stored' || kind === 'failed'
  }
}
