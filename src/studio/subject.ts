import type { GenerateEvent, Job, Pipeline, Survey } from '../pipeline.ts'

/** The project that a studio shows: a dev server's session, or one of its own. */
export interface Subject {
  readonly kind: 'own' | 'dev-server'
  /** The options, store and budget now. They are replaced when the config changes. */
  pipeline(): Promise<Pipeline>
  /** The newest survey. */
  survey(): Promise<Survey>
  /**
   * Surveys again.
   *
   * @param files absolute; everything that changed.
   */
  refresh(files: readonly string[]): Promise<Survey>
  /** What keeps a changed config from being used. Until it is mended, the options before it stay. */
  configProblem?(): unknown
  /** Tells of runs that the dev server begins by itself. */
  onRun?(listener: RunListener): void
}

/** Called when a dev server begins a run of its own. */
export type RunListener = (jobs: readonly Job[], root: string) => FollowedRun

/** A run that another door began. */
export interface FollowedRun {
  tell(event: GenerateEvent): void
  end(): void
}

/**
 * A project of its own, for a studio without a dev server.
 *
 * @param open opens the pipeline; called again, with the one before, when the config changes.
 * @param onProblem called with what keeps a changed config from being used.
 */
export function createOwnSubject(
  open: (earlier: Pipeline | undefined) => Promise<Pipeline>,
  onProblem: (error: unknown) => void,
): Subject & { close(): Promise<void> } {
  let opening: Promise<Pipeline> | undefined
  let surveying: Promise<Survey> | undefined
  let configProblem: unknown
  const retired: Pipeline[] = []

  const pipeline = (): Promise<Pipeline> => (opening ??= open(undefined))

  /** If the config is broken, the options before it stay. */
  async function reopen(before: Pipeline): Promise<void> {
    try {
      opening = Promise.resolve(await open(before))
      // Not closed yet: a run may still store what is in flight.
      retired.push(before)
      configProblem = undefined
    } catch (error) {
      configProblem = error
      onProblem(error)
    }
  }

  const surveyNow = async (files?: readonly string[]): Promise<Survey> => {
    const { options } = await pipeline()
    const isOther = files?.some((file) => options.optionFiles.includes(file)) === true
    if (isOther) await reopen(await pipeline())
    return (await pipeline()).survey(isOther ? undefined : files)
  }

  const remember = (survey: Promise<Survey>): Promise<Survey> => {
    surveying = survey
    // A failure is not kept: the next call may succeed.
    survey.catch(() => {
      if (surveying === survey) surveying = undefined
    })
    return survey
  }

  return {
    kind: 'own',
    pipeline,
    configProblem: () => configProblem,
    survey: () => surveying ?? remember(surveyNow()),
    refresh(files) {
      return remember(afterwards(surveying, () => surveyNow(files)))
    },
    async close() {
      const last = await opening
      await Promise.all(
        [...retired, ...(last === undefined ? [] : [last])].map((one) => one.close()),
      )
    },
  }
}

/** Starts work once earlier work has ended, well or not. */
export async function afterwards<Result>(
  earlier: Promise<unknown> | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  await Promise.allSettled([earlier])
  return work()
}
