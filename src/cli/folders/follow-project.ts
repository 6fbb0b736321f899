import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findRoot } from '../../options/root.ts'
import type { Pipeline, Survey } from '../../pipeline.ts'
import { changedFiles, projectStamps, type ProjectStamps } from '../../pipeline/project-stamps.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { errorCode } from '../../shared/files.ts'
import { type FollowedFolder, followFolder } from '../../shared/follow-folder.ts'
import { soundSurvey } from '../project.ts'
import type { Output } from '../terminal/output.ts'

/** Milliseconds between two looks at the project's files. */
const LOOK = 1000

/** In a project where a look takes long, looks take at most this part of the time. */
const SHARE = 5

/** Milliseconds that the file system's hints are collected, because an editor writes a file in several steps. */
const SETTLE = 30

/** The most folders that are watched, so that no project exhausts the system's watchers. */
const MOST_FOLDERS = 128

/**
 * Calls `work` for the project as it is, and again whenever its manifests, the files that they name, its config or its
 * store change. Errors are reported, and the next change is awaited.
 *
 * @param open opens the project, again after its config has changed.
 * @param stop ends it.
 * @throws ImagegenError with code `usage` if the command line itself is wrong.
 */
export async function followProject(
  open: () => Promise<Pipeline>,
  output: Output,
  stop: AbortSignal,
  work: (survey: Survey, pipeline: Pipeline) => Promise<void>,
): Promise<void> {
  let pipeline = await open()
  let survey: Survey | undefined
  let stamps: ProjectStamps = new Map()
  let problem = ''
  let hasWorked = false
  const hints = createHints()

  const update = async (changed: readonly string[]): Promise<void> => {
    if (hasWorked && hasOtherConfig(pipeline, changed)) {
      const next = await open()
      await pipeline.close()
      pipeline = next
    }
    survey = await soundSurvey(pipeline)
    await work(survey, pipeline)
  }

  try {
    while (!stop.aborted) {
      const started = performance.now()
      const now = await projectStamps(pipeline.options, survey)
      // Files that only the newest survey names count as changed: they may have changed while it was made.
      const changed = changedFiles(stamps, now)
      stamps = now
      // A file that a broken manifest names is not among the stamps.
      if (changed.length > 0 || hasOtherConfig(pipeline, changed) || problem !== '') {
        try {
          await update(changed)
          problem = ''
        } catch (error) {
          if (stop.aborted) return
          if (!isOfUser(error) || (isUsage(error) && !hasWorked)) throw error
          if (error.message !== problem) output.fail(asCommandError(error))
          problem = error.message
        }
        hasWorked = true
        const { root, storeDir } = pipeline.options
        hints.follow([root, storeDir, ...[...now.keys()].map((file) => path.dirname(file))])
      }
      const took = performance.now() - started
      await hints.wait(Math.max(LOOK, took * SHARE), stop)
    }
  } finally {
    hints.close()
    await pipeline.close()
  }
}

/** Whether the config file was edited, added or removed since the project was opened. */
function hasOtherConfig({ options }: Pipeline, changed: readonly string[]): boolean {
  const { configFile } = findRoot(process.cwd())
  return configFile === undefined
    ? options.configFile !== undefined
    : configFile !== options.configFile || changed.includes(configFile)
}

/** A user's mistake, or something that the system refuses, such as a full disk: both may pass. */
function isOfUser(error: unknown): error is Error {
  return (
    error instanceof ImagegenError || (error instanceof Error && errorCode(error) !== undefined)
  )
}

function isUsage(error: Error): boolean {
  return error instanceof ImagegenError && error.code === 'usage'
}

function asCommandError(error: Error): Parameters<Output['fail']>[0] {
  if (error instanceof ImagegenError) return error
  return { code: 'system', message: error.message, problems: [{ message: error.message }] }
}

/** What the file system tells about folders, to look sooner than usual. */
interface Hints {
  /** Follows these folders from now on, and no others. */
  follow(folders: readonly string[]): void
  /** Waits so many milliseconds, or until a hint. */
  wait(milliseconds: number, stop: AbortSignal): Promise<void>
  close(): void
}

function createHints(): Hints {
  const followed = new Map<string, FollowedFolder>()
  let hint = new AbortController()

  return {
    follow(folders) {
      const wanted = new Set([...new Set(folders)].slice(0, MOST_FOLDERS))
      for (const [folder, watcher] of followed) {
        if (wanted.has(folder)) continue
        watcher.close()
        followed.delete(folder)
      }
      for (const folder of wanted) {
        if (followed.has(folder)) continue
        followed.set(
          folder,
          followFolder(folder, () => hint.abort()),
        )
      }
    },
    async wait(milliseconds, stop) {
      await pauseUntil(milliseconds, AbortSignal.any([stop, hint.signal]))
      if (!hint.signal.aborted) return
      await pauseUntil(SETTLE, stop)
      hint = new AbortController()
    },
    close() {
      for (const watcher of followed.values()) watcher.close()
    },
  }
}

/** Waits, at most until the signal is aborted. */
async function pauseUntil(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
