import path from 'node:path'
import type { Pipeline, Survey } from '../../pipeline.ts'
import { MOST_PICTURE_BYTES } from '../../pipeline/adopt/given-picture.ts'
import { messageOf } from '../../shared/errors.ts'
import { redact } from '../../shared/logger.ts'
import { release } from '../../shared/release.ts'
import type { Access } from '../listener/access.ts'
import { createEvents, type Events } from '../listener/events.ts'
import { createFollow } from './follow.ts'
import { createPictures, type Pictures } from '../listener/pictures.ts'
import type { BrokenManifest, Project, RunState, StudioEvent } from '../protocol.ts'
import { shownProblem, shownProblems } from './shown-problem.ts'
import type { Subject } from '../subject.ts'
import { createWall, type Wall } from './wall.ts'

/** The project as the studio shows it, and those who look at it. */
export interface View {
  readonly wall: Wall
  readonly pictures: Pictures
  readonly events: Events
  pipeline(): Promise<Pipeline>
  /** The survey, at most a second old. */
  survey(): Promise<Survey>
  /** The studio wrote files, absolute: surveys at once. */
  refresh(files: readonly string[]): Promise<Survey>
  project(access: Access): Promise<Project>
  /** Removes API keys from a text that leaves the process. */
  clean(text: string): string
  close(): void
}

export interface ViewOptions {
  readonly subject: Subject
  /** Random, once a process. */
  readonly process: string
  readonly picturesPath: string
  readonly hasEditor: boolean
  /** The run under way, or the last one. */
  readonly run: () => RunState | null
  readonly onProblem: (error: unknown) => void
}

/** Milliseconds for which the sizes of pictures are collected. */
const SIZES = 200

/** Milliseconds between two words on how far reading the project is. */
const READING = 250

/** More are not named in an event. */
const MOST_NAMED = 200

export function createView(options: ViewOptions): View {
  const { subject, onProblem } = options
  let secrets: readonly string[] = []
  let broken = ''
  let shown: Survey | undefined
  let sizing: NodeJS.Timeout | undefined

  const pipeline = async (): Promise<Pipeline> => {
    const now = await subject.pipeline()
    secrets = now.options.secrets
    return now
  }
  const clean = (text: string): string => redact(text, secrets)
  const pictures = createPictures(pipeline, showSizes)
  const wall = createWall(pictures)
  const follow = createFollow({ ...subject, pipeline }, show, onProblem)
  const events = createEvents(() => {
    const leave = follow.attend()
    const telling = setInterval(() => void tellReading(), READING).unref()
    return () => {
      clearInterval(telling)
      leave()
    }
  }, clean)

  /** A project of thousands of manifests takes seconds to read for the first time. */
  async function tellReading(): Promise<void> {
    if (shown !== undefined) return
    // What keeps the project from being opened is told to whoever asks for it.
    const reading = await subject.pipeline().then(
      (now) => now.reading(),
      () => undefined,
    )
    if (reading !== undefined) events.send({ type: 'reading', ...reading })
  }

  function show(survey: Survey): void {
    // Receipts that no tile shows are in what was spent, in histories, and among what is left over.
    const isOtherStore = shown !== undefined && !haveSameFiles(shown, survey)
    shown = survey
    const ids = wall.take(survey)
    const config = subject.configProblem?.()
    const problems = JSON.stringify([
      ...survey.problems,
      config === undefined ? '' : messageOf(config),
    ])
    const isOther = problems !== broken || isOtherStore
    broken = problems
    if (ids.length === 0 && !isOther) return
    if (ids.length === 0) wall.advance()
    events.send(changed(wall.revision, ids))
  }

  /** The size of a hand-made file is known once its thumbnail is drawn. */
  function showSizes(): void {
    sizing ??= setTimeout(() => {
      sizing = undefined
      if (shown !== undefined) show(shown)
    }, SIZES).unref()
  }

  return {
    wall,
    pictures,
    events,
    pipeline,
    survey: () => follow.survey(),
    refresh: (files) => follow.refresh(files),
    clean,
    async project({ writable }) {
      const survey = await follow.survey()
      const { root } = (await pipeline()).options
      return {
        protocol: 1,
        release: release(),
        process: options.process,
        name: path.basename(root),
        revision: wall.revision,
        pictures: options.picturesPath,
        writable,
        editor: options.hasEditor && writable === true,
        states: wall.states,
        images: wall.tiles.size,
        broken: [
          ...brokenConfig(subject.configProblem?.(), root),
          ...[...survey.problems].map(([manifest, problems]) => ({
            manifest,
            problems: problems.map((problem) => shownProblem(problem, root)),
          })),
        ],
        models: wall.models,
        largestUpload: MOST_PICTURE_BYTES,
        run: options.run(),
      }
    },
    close() {
      clearTimeout(sizing)
      follow.close()
      events.close()
    },
  }
}

function haveSameFiles({ snapshot: one }: Survey, { snapshot: other }: Survey): boolean {
  if (one === other) return true
  const [files, now] = [one.files, other.files]
  return files.length === now.length && files.every((name, index) => name === now[index])
}

/** @param problem what keeps a changed config from being used. */
function brokenConfig(problem: unknown, root: string): BrokenManifest[] {
  if (problem === undefined) return []
  const problems = shownProblems(problem, root)
  const file = problems.find(({ place }) => place !== undefined)?.place?.file
  const goesOn = 'Until it is mended, the studio goes on with the options before it.'
  return [
    {
      manifest: file ?? 'Options',
      problems: problems.map((one, index) =>
        index < problems.length - 1 ? one : { ...one, hint: [one.hint, goesOn].join(' ').trim() },
      ),
    },
  ]
}

function changed(revision: number, ids: readonly string[]): StudioEvent {
  return {
    type: 'changed',
    revision,
    ids: ids.length > MOST_NAMED ? null : ids,
    project: true,
  }
}
