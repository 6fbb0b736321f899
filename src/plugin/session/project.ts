import { resolveOptions } from '../../options.ts'
import { createPipeline, type Pipeline, type Survey } from '../../pipeline.ts'
import { messageOf } from '../../shared/errors.ts'
import {
  createConsoleLogger,
  createSilentLogger,
  redacting,
  type Logger,
} from '../../shared/logger.ts'
import type { FollowedRun, RunListener } from '../../studio/subject.ts'
import { createBackground, type Background } from './background.ts'
import type { HostFacts } from './host-facts.ts'

/** The options of a project, what is created from them, and the newest survey. */
export interface Project {
  /** @throws ImagegenError with code `config`. */
  open(): Promise<Opened>
  /** Reads the options again. If they are invalid, the previous ones stay. */
  reopen(): Promise<void>
  /** The result of the last `open` or `reopen`, if any. */
  opened(): Opened | undefined
  /** The newest survey, cached until `invalidate`. */
  survey(): Promise<Survey>
  /** As `survey`, for a build: first generates what is missing. */
  fulfil(): Promise<Survey>
  /** The last survey, outdated or not. */
  known(): Survey | undefined
  /**
   * Something changed: the next call of `survey` makes a new one.
   *
   * @param edited the one file that changed, absolute. Default: anything may have changed.
   */
  invalidate(edited?: string): void
  readonly signal: AbortSignal
  close(): void
}

/** What is created from the options. */
export interface Opened {
  readonly pipeline: Pipeline
  readonly background: Background
  readonly logger: Logger
}

/**
 * @param onPictures called in a live session whenever images have arrived or failed.
 * @param onRun called in a live session with what is about to be requested.
 */
export function createProject(
  inline: unknown,
  facts: HostFacts,
  onPictures: () => Promise<void>,
  onRun?: (...run: Parameters<RunListener>) => FollowedRun | undefined,
): Project {
  const closing = new AbortController()
  let latest: Opened | undefined
  let opening: Promise<Opened> | undefined
  let surveying: Promise<Survey> | undefined
  let known: Survey | undefined
  // Since the newest survey started; undefined: anything may have changed.
  let edited: Set<string> | undefined

  async function readOptions(): Promise<Opened> {
    const { start, mode, kind, envDir, environment = process.env, configMode } = facts
    const isBuild = kind === 'build'
    const command = isBuild ? 'build' : 'serve'
    const given = {
      start,
      inline,
      mode,
      isBuild,
      envDir,
      environment,
      command,
      configMode,
    } as const
    const options = await resolveOptions(given)
    const spoken = kind === 'child' ? createSilentLogger() : createConsoleLogger()
    const logger = redacting(spoken, options.secrets)
    const pipeline = createPipeline(options, logger, latest?.pipeline)
    // Not before the session ends: the previous pipeline may still store what is in flight.
    closing.signal.addEventListener('abort', () => void pipeline.close(), { once: true })
    latest?.background.close()
    const background = createBackground(pipeline, logger, onPictures, onRun, facts.generating)
    latest = { pipeline, background, logger }
    if (closing.signal.aborted) latest.background.close()
    return latest
  }

  const open = (): Promise<Opened> => {
    opening ??= readOptions().catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }

  async function newSurvey(): Promise<Survey> {
    const { pipeline, background } = await open()
    const since = edited
    edited = new Set()
    const made = await pipeline.survey(since && [...since]).catch((error: unknown) => {
      edited = undefined
      throw error
    })
    if (facts.kind === 'live') background.consider(made)
    return made
  }

  /** Failures are not cached: the next call may succeed. */
  function remember(survey: Promise<Survey>): Promise<Survey> {
    const remembered = survey.then(
      (made) => {
        // A survey that started earlier may end later.
        if (surveying === remembered || known === undefined) known = made
        return made
      },
      (error: unknown) => {
        if (surveying === remembered) surveying = undefined
        throw error
      },
    )
    surveying = remembered
    return remembered
  }

  return {
    open,
    async reopen() {
      const { logger } = await open()
      try {
        opening = Promise.resolve(await readOptions())
      } catch (error) {
        logger.error(messageOf(error))
      }
    },
    opened: () => latest,
    survey: () => surveying ?? remember(newSurvey()),
    fulfil: () => remember(open().then(({ pipeline }) => pipeline.fulfil(closing.signal))),
    known: () => known,
    invalidate(file) {
      if (file === undefined) edited = undefined
      else edited?.add(file)
      surveying = undefined
    },
    signal: closing.signal,
    close() {
      closing.abort()
      latest?.background.close()
    },
  }
}
