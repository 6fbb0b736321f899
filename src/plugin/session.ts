import path from 'node:path'
import type { Emit } from '../emit/hosts.ts'
import type { Survey } from '../pipeline.ts'
import { ImagegenError, messageOf } from '../shared/errors.ts'
import { readFileIfThere } from '../shared/files.ts'
import type { Logger } from '../shared/logger.ts'
import { createGivenModules, type GivenModules } from './given-modules.ts'
import type { HostFacts } from './host-facts.ts'
import type { LoadedModule } from './load-module.ts'
import { findManifest, namesOf } from './located.ts'
import { mendableFiles } from './mendable-files.ts'
import { isConfigFile, MANIFEST_ID, type ModuleId } from './module-id.ts'
import { createProject, type Opened } from './project.ts'
import type { Images } from './unused-assets.ts'
import { watchFilesOf } from './watch-files.ts'

/** One dev server, watcher or build, and what it knows between two hooks. */
export interface Session extends Pick<GivenModules, 'onProblem' | 'problems' | 'takeStale'> {
  /**
   * Plans everything, and in a build makes what is missing. Several environments of one build share the work.
   *
   * @param changed files that were changed since the last time, from hosts that start anew after each change.
   * @throws ImagegenError where a build must not go on.
   */
  start(changed?: readonly string[]): Promise<void>
  /**
   * Reads the options only: for a live session whose host is to be ready before its images are looked at.
   *
   * @throws ImagegenError with code `config`.
   */
  prepare(): Promise<void>
  /** What is left of the start after `prepare`. Modules may have been loaded meanwhile. */
  look(): Promise<void>
  /** The files in which a start that failed can be mended, absolute. */
  mendable(reason: unknown): Promise<readonly string[]>
  /** Whether the options find this manifest. */
  includes(file: string): Promise<boolean>
  /** As `includes`, by what is known already: for hosts that start anew after each change. */
  knows(file: string): Promise<boolean>
  /**
   * @param watch told of every file that the module depends on, also where it cannot be loaded.
   * @param emit in hosts that want to be given files.
   * @throws ImagegenError with what is wrong with the manifest or the image.
   */
  load(id: ModuleId, watch: (file: string) => void, emit?: Emit): Promise<LoadedModule>
  /** A file was changed, added or removed. Ends when everybody knows what that means. */
  changed(file: string): Promise<void>
  /** Told, in a live session, which modules have to be loaded anew, beside those that watch a file that changed. */
  onUpdate(listener: (modules: readonly ModuleId[]) => void): void
  /** What decides beside the modules' own files, absolute; nothing before the start. */
  surroundings(): { readonly files: readonly string[]; readonly folders: readonly string[] }
  /** What images there are; nothing before the start. */
  images(): Images | undefined
  /** A build has loaded everything. What comes after that, such as its next environment, opens connections anew. */
  rest(): Promise<void>
  /** Nothing more is asked for. A request that is under way comes to its end: it is paid for. */
  close(): void
}

export function createSession(inline: unknown, facts: HostFacts): Session {
  const project = createProject(inline, facts, () => refresh())
  const given = createGivenModules(project, facts)
  const listeners: Array<(modules: readonly ModuleId[]) => void> = []
  let starting: Promise<void> = Promise.resolve()
  let refreshing: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined
  let told = ''

  /**
   * Looks at everything anew, or at what an edit has changed. Calls that come while that is under way share the next time.
   */
  function refresh(edited?: string): Promise<void> {
    project.invalidate(edited)
    waiting ??= refreshing.then(tellHost, tellHost)
    refreshing = waiting
    return waiting
  }

  /** Tells the host what looks different now. */
  async function tellHost(): Promise<void> {
    waiting = undefined
    const { logger } = await project.open()
    try {
      const made = await project.survey()
      const modules = await given.takeChanged(made)
      if (modules.length === 0 || project.signal.aborted) return
      await given.refreshKept(made)
      for (const listener of listeners) listener(modules)
    } catch (error) {
      if (!project.signal.aborted) logger.error(messageOf(error))
    }
  }

  /** A survey that knows the manifest as it is now: a watcher may be later than the one who asks for the module. */
  async function freshSurvey(file: string): Promise<Survey> {
    const made = await project.survey()
    if (!facts.isLive) return made
    const { root } = (await project.open()).pipeline.options
    const known = made.manifestAt(findManifest(file, made, root) ?? '')
    const bytes = readFileIfThere(file)
    if (bytes !== undefined && known?.text === new TextDecoder().decode(bytes)) return made
    await refresh(file)
    return project.survey()
  }

  async function startOnce(changed: readonly string[]): Promise<void> {
    if (!facts.isLive) return given.refreshKept(await project.fulfil())
    const { background, logger } = await project.open()
    if (changed.some(isConfigFile)) await project.reopen()
    if (changed.some((file) => MANIFEST_ID.test(file))) background.forgive()
    project.invalidate()
    const made = await project.survey().catch((error: unknown) => {
      // A watcher must outlive it; every module that is asked for says it again.
      if (!(error instanceof ImagegenError)) throw error
      logger.error(error.message)
    })
    if (made === undefined) return
    report(made, logger)
    // What they show is brought up to date here, before the host looks at any module.
    await given.takeChanged(made)
    await given.refreshKept(made)
  }

  /** Says what is wrong with the manifests, once. */
  function report({ problems }: Survey, logger: Logger): void {
    const found = [...problems.values()].flat()
    const text = found.length === 0 ? '' : new ImagegenError('manifest', found).message
    if (text !== '' && text !== told) logger.error(text)
    told = text
  }

  async function isIn(file: string, made: Survey): Promise<boolean> {
    const { root } = (await project.open()).pipeline.options
    return findManifest(file, made, root) !== undefined
  }

  /** Whether anything hangs on a file. */
  function isOurs(file: string, { pipeline }: Opened): boolean {
    if (MANIFEST_ID.test(file) || isConfigFile(file)) return true
    if (path.dirname(file) === pipeline.options.storeDir) return true
    const known = project.known()
    // What is broken may hang on anything.
    if (known === undefined || known.problems.size > 0) return true
    return [...known.images.values()].some((image) => watchFilesOf(image, known).includes(file))
  }

  return {
    start(changed = []) {
      // One after the other: the second environment finds everything made.
      const run = (): Promise<void> => startOnce(changed)
      starting = starting.then(run, run)
      return starting
    },

    async prepare() {
      await project.open()
    },

    async look() {
      await refresh()
      const { logger } = await project.open()
      // Why there is none has just been said.
      const made = await project.survey().catch(() => undefined)
      if (made !== undefined) report(made, logger)
    },

    async mendable(reason) {
      project.invalidate()
      // Of a configuration that makes no sense there is no survey, and nothing else to mend.
      const made = await project.survey().catch(() => undefined)
      const { root } = project.opened()?.pipeline.options ?? { root: facts.start }
      return mendableFiles(reason, made, root)
    },

    includes: async (file) => isIn(file, await freshSurvey(file)),

    knows: async (file) => isIn(file, await project.survey()),

    load: async (id, watch, emit) => given.load(id, await freshSurvey(id.file), watch, emit),

    async changed(file) {
      const opened = project.opened()
      if (opened === undefined || !isOurs(file, opened)) return
      project.invalidate(file)
      given.forget(file)
      if (MANIFEST_ID.test(file)) opened.background.forgive()
      if (isConfigFile(file)) await project.reopen()
      if (facts.isLive) await refresh(file)
    },

    onProblem: (listener) => given.onProblem(listener),
    problems: () => given.problems(),
    takeStale: () => given.takeStale(),

    onUpdate(listener) {
      listeners.push(listener)
    },

    surroundings() {
      const options = project.opened()?.pipeline.options
      return {
        files: options?.configFile === undefined ? [] : [options.configFile],
        // What a command beside a dev server makes comes there.
        folders: options !== undefined && facts.isLive ? [options.storeDir] : [],
      }
    },

    images() {
      const opened = project.opened()
      const known = project.known()
      if (opened === undefined || known === undefined) return undefined
      const { cacheDir, root } = opened.pipeline.options
      return {
        folder: path.join(cacheDir, 'renditions'),
        namesOf: (id) => namesOf(id, known, root),
      }
    },

    async rest() {
      if (!facts.isLive) await project.opened()?.pipeline.close()
    },

    close: () => project.close(),
  }
}
