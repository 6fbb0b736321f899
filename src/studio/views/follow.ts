import { watch, type FSWatcher } from 'node:fs'
import path from 'node:path'
import type { Survey } from '../../pipeline.ts'
import { messageOf } from '../../shared/errors.ts'
import { changedFiles, projectStamps, type ProjectStamps } from '../../pipeline/project-stamps.ts'
import { afterwards, type Subject } from '../subject.ts'

/** Milliseconds between two looks at the project's files. */
const LOOK = 1000

/** In a project where a look takes long, looks take at most this part of the time. */
const SHARE = 5

/** Milliseconds that the file system's hints are collected. */
const HINTS = 30

/** After a hint, a look may follow the one before in this part of the usual pause. */
const SOONER = 10

/** The most folders that are watched, so that no project exhausts the system's watchers. */
const MOST_WATCHED = 128

/** Keeps the survey up to date whatever changes the project: an editor, a command, a build, another studio. */
export interface Follow {
  /** The survey, at most a second old. */
  survey(): Promise<Survey>
  /** The studio wrote files, absolute: surveys at once. */
  refresh(files: readonly string[]): Promise<Survey>
  /** Looks by itself, until the returned function is called. */
  attend(): () => void
  close(): void
}

/**
 * @param onSurvey called with each survey that is another one than before.
 * @param onProblem called with what keeps the project from being looked at.
 */
export function createFollow(
  subject: Subject,
  onSurvey: (survey: Survey) => void,
  onProblem: (error: unknown) => void,
): Follow {
  let stamps: ProjectStamps | undefined
  let shown: Survey | undefined
  let looked = 0
  let pause = LOOK
  let looking: Promise<Survey> | undefined
  let attendants = 0
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let isHinted = false
  /** What keeps the project from being looked at, as it was told last. */
  let problem = ''
  const watchers = new Map<string, FSWatcher>()

  function show(survey: Survey): Survey {
    if (survey !== shown) onSurvey(survey)
    shown = survey
    return survey
  }

  async function lookNow(written: readonly string[] = []): Promise<Survey> {
    const started = performance.now()
    const { options } = await subject.pipeline()
    const before = stamps
    // Stamps come first: what changes during the survey is found by the next look. So are files that only the new survey
    // names: they may have changed since it read them.
    stamps = await projectStamps(options, shown)
    const changed = before === undefined ? [] : changedFiles(before, stamps)
    const files = [...new Set([...changed, ...written])]
    const survey = files.length === 0 ? await subject.survey() : await subject.refresh(files)
    show(survey)
    looked = performance.now()
    pause = Math.max(LOOK, (looked - started) * SHARE)
    return survey
  }

  function look(written?: readonly string[]): Promise<Survey> {
    if (looking !== undefined && written === undefined) return looking
    const next = afterwards(looking, () => lookNow(written)).finally(() => {
      if (looking === next) looking = undefined
    })
    looking = next
    return next
  }

  function schedule(delay: number): void {
    clearTimeout(timer)
    if (attendants === 0 || isClosed) return
    timer = setTimeout(() => {
      isHinted = false
      void lookByItself().finally(() => schedule(pause))
    }, delay)
    timer.unref()
  }

  /** Never rejects. A problem that lasts is told once, not every second. */
  async function lookByItself(): Promise<void> {
    try {
      await watchFolders(await look())
      problem = ''
    } catch (error) {
      const words = messageOf(error)
      if (words !== problem) onProblem(error)
      problem = words
    }
  }

  async function watchFolders(survey: Survey): Promise<void> {
    const { options } = await subject.pipeline()
    const folders = new Set([
      options.storeDir,
      ...[...survey.manifests, ...survey.styles].map(({ file }) => path.dirname(file)),
    ])
    const wanted = new Set([...folders].slice(0, MOST_WATCHED))
    for (const [folder, watcher] of watchers) {
      if (wanted.has(folder)) continue
      watcher.close()
      watchers.delete(folder)
    }
    if (attendants === 0 || isClosed) return
    for (const folder of wanted) if (!watchers.has(folder)) watchFolder(folder)
  }

  /** Without hints, changes are seen by the next look. */
  function hint(): void {
    if (isHinted) return
    isHinted = true
    schedule(Math.max(HINTS, looked + pause / SOONER - performance.now()))
  }

  function watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, hint)
      watcher.on('error', () => {
        watcher.close()
        watchers.delete(folder)
      })
      watchers.set(folder, watcher)
    } catch {
      // The folder is not there yet, or the system has no watchers left.
    }
  }

  function stopWatching(): void {
    clearTimeout(timer)
    isHinted = false
    for (const watcher of watchers.values()) watcher.close()
    watchers.clear()
  }

  return {
    survey() {
      const isFresh = shown !== undefined && performance.now() - looked < pause
      return isFresh && looking === undefined && shown !== undefined
        ? Promise.resolve(shown)
        : look()
    },
    refresh: (files) => look(files),
    attend() {
      attendants += 1
      if (attendants === 1) schedule(0)
      return () => {
        attendants -= 1
        if (attendants === 0) stopWatching()
      }
    },
    close() {
      isClosed = true
      stopWatching()
    },
  }
}
