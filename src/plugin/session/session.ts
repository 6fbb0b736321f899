import path from 'node:path'
import type { Survey } from '../../pipeline.ts'
import { debug } from '../../shared/debug.ts'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import { MANIFEST_ID, type ModuleId, isConfigFile } from '../module-id.ts'
import { plainly } from '../plain-error.ts'
import type { ProjectManifests } from '../published-manifests.ts'
import type { Outlook } from './background.ts'
import type { HostFacts } from './host-facts.ts'
import type { Loaded } from './load-module.ts'
import { type LoadedModules, createLoadedModules } from './loaded-modules.ts'
import { findManifest, namesOf } from './locate.ts'
import { type Opened, createProject } from './project.ts'
import { createStudioDoor, type StudioDoor } from './studio-door.ts'
import { type Updates, createUpdates } from './updates.ts'
import { isEdited } from './wanted-jobs.ts'
import { mendableFiles, watchFilesOf } from './watched-files.ts'

/** One dev server, watcher or build, and what it knows between two hooks. */
export interface Session
  extends
    Pick<LoadedModules, 'forgetNamer' | 'onProblem' | 'problems' | 'takeStale'>,
    Pick<Updates, 'look' | 'onUpdate' | 'refresh'> {
  /**
   * Plans everything, and in a build generates what is missing. The environments of one build share the work.
   *
   * @param changed files that changed since the last call, from hosts that start again after each change.
   * @throws ImagegenError if a build must not go on.
   */
  start(changed?: readonly string[]): Promise<void>
  /**
   * Only reads the options: for a live session whose host should be ready before its images are surveyed.
   *
   * @throws ImagegenError with code `config`.
   */
  prepare(): Promise<void>
  /** Files whose change may fix a failed start, absolute. */
  mendable(reason: unknown): Promise<readonly string[]>
  /** Whether the options include this manifest. */
  includes(file: string): Promise<boolean>
  /** Whether a file, absolute, is a manifest or a style that a manifest extends, whose text must not be published. */
  reads(file: string): Promise<boolean>
  /** As `includes`, by the cached survey: for hosts that start again after each change. */
  knows(file: string): Promise<boolean>
  /**
   * What a module shows, or why it cannot be loaded; never rejects.
   *
   * @param by what names it by its URL, if the host does not load it as a module.
   */
  load(id: ModuleId, by?: string): Promise<Loaded>
  /** A file was changed, added or removed. Resolves once the host has been told what that changes. */
  changed(file: string): Promise<void>
  /** What all modules depend on beside their own files, absolute; empty before the start. */
  surroundings(): { readonly files: readonly string[]; readonly folders: readonly string[] }
  /** The project's images; undefined before the start. */
  images(): Images | undefined
  /** The manifests, whose text must not get into the host's output; undefined before the start. */
  manifests(): ProjectManifests | undefined
  /** Whether a file, absolute, is in the store or the cache, where no code of a page lives. */
  makesFile(file: string): boolean
  /** Whether watchers can ignore a file or folder, absolute: it is in the store or the cache and nothing depends on it. */
  isUnseen(file: string): boolean
  /** A build has loaded everything. Connections close; a later environment opens them again. */
  rest(): Promise<void>
  /** What is known of images that have no picture; undefined before the start. */
  outlook(): Outlook | undefined
  /** The studio of the project. */
  readonly studio: Pick<StudioDoor, 'address' | 'announce'>
  /** Requests nothing more. A request in flight finishes: it is paid for. */
  close(): void
}

/** What is known of the project's images. */
export interface Images {
  /** The folder of the renditions, absolute. */
  readonly folder: string
  /** The names by which code may refer to an image; undefined for images of another instance of this plugin. */
  namesOf(id: ModuleId): readonly string[] | undefined
}

export function createSession(inline: unknown, facts: HostFacts): Session {
  const project = createProject(
    inline,
    facts,
    async () => {
      await updates.refresh()
      facts.onNews?.()
    },
    (jobs, root) => studio.onRun(jobs, root),
  )
  const studio = createStudioDoor(project, facts, changed)
  const modules = createLoadedModules(project, facts)
  const updates = createUpdates(project, modules)
  const isLive = facts.kind !== 'build'
  let starting: Promise<void> = Promise.resolve()

  /**
   * A survey of the manifest and what it extends as they are on disk: a host may load the module before a watcher reports
   * the edit.
   */
  async function freshSurvey(file: string): Promise<Survey> {
    const made = await project.survey()
    if (!isLive) return made
    const { root } = (await project.open()).pipeline.options
    const known = made.manifestAt(findManifest(file, made, root) ?? '')
    if (known === undefined) {
      // What it extends may have been fixed.
      const isBroken = made.awaited.has(findManifest(file, made, root) ?? '')
      await updates.refresh(isBroken ? undefined : file)
      return project.survey()
    }
    const edited = isEdited({ file, text: known.text }) ? file : known.styles.find(isEdited)?.file
    if (edited === undefined) return made
    await updates.refresh(edited)
    return project.survey()
  }

  async function startOnce(changed: readonly string[]): Promise<void> {
    if (!isLive) return modules.refreshKept(await project.fulfil())
    const { background, logger } = await project.open()
    await studio.rejoin()
    // Not awaited: the host need not wait for an address.
    if (facts.printsStudio !== true)
      void studio.announce().catch((error: unknown) => logger.error(messageOf(error)))
    if (changed.some(isConfigFile)) await project.reopen()
    if (changed.some(isManifest)) background.forgive()
    project.invalidate()
    const made = await project.survey().catch((error: unknown) => {
      // The watcher goes on; each module that is loaded reports the error again.
      if (!(error instanceof ImagegenError)) throw error
      logger.error(error.message)
    })
    if (made === undefined) return
    updates.report(made, logger)
    // Here rather than through an update: the host has not checked any module yet.
    await modules.takeChanged(made)
    await modules.refreshKept(made)
  }

  async function isIn(file: string, made: Survey): Promise<boolean> {
    const { root } = (await project.open()).pipeline.options
    return findManifest(file, made, root) !== undefined
  }

  /** Whether a file is a manifest, or another one that a manifest extends. */
  function isManifest(file: string): boolean {
    const { styles = [] } = project.known() ?? {}
    return MANIFEST_ID.test(file) || styles.some((style) => style.file === file)
  }

  /** Whether anything depends on a file. */
  function isOurs(file: string, { pipeline }: Opened): boolean {
    if (isManifest(file) || isConfigFile(file)) return true
    if (path.dirname(file) === pipeline.options.storeDir) return true
    const known = project.known()
    // A broken manifest may depend on any file.
    if (known === undefined || known.problems.size > 0) return true
    return [...known.images.values()].some((image) => watchFilesOf(image, known).includes(file))
  }

  async function changed(file: string): Promise<void> {
    const opened = project.opened()
    if (opened === undefined || !isOurs(file, opened)) return
    debug('invalidate', () => [`${file} changed: its images are looked at again`])
    project.invalidate(file)
    const isInStore = path.dirname(file) === opened.pipeline.options.storeDir
    if (isInStore && opened.background.joins()) return
    modules.forget(file)
    if (isManifest(file)) opened.background.forgive()
    if (isConfigFile(file)) await project.reopen()
    if (isLive) await updates.refresh(file)
  }

  return {
    start(changed = []) {
      // One after the other: the second environment finds everything generated.
      const run = (): Promise<void> => startOnce(changed)
      starting = starting.then(run, run)
      return starting
    },

    async prepare() {
      await project.open()
      await studio.rejoin()
    },

    look: () => updates.look(),
    refresh: (edited) => updates.refresh(edited),
    outlook: () => project.opened()?.background,

    async mendable(reason) {
      project.invalidate()
      // An invalid configuration allows no survey, and is the only thing to fix.
      const made = await project.survey().catch(() => undefined)
      const { root } = project.opened()?.pipeline.options ?? { root: facts.start }
      return mendableFiles(reason, made, root)
    },

    includes: async (file) => isIn(file, await freshSurvey(file)),

    async reads(file) {
      const made = await project.survey()
      return (await isIn(file, made)) || made.styles.some((style) => style.file === file)
    },

    knows: async (file) => isIn(file, await project.survey()),

    async load(id, by) {
      try {
        return await modules.load({ ...id, by }, await freshSurvey(id.file))
      } catch (error) {
        return { kind: 'failed', error, files: [] }
      }
    },

    changed,

    forgetNamer: (by) => modules.forgetNamer(by),
    onProblem: (listener) => modules.onProblem(listener),
    problems: () => modules.problems(),
    takeStale() {
      const stale = modules.takeStale()
      debug('invalidate', () =>
        stale.map((file) => `${file}: the module that the host kept is stale`),
      )
      return stale
    },

    onUpdate: (listener) => updates.onUpdate(listener),

    surroundings() {
      const options = project.opened()?.pipeline.options
      return {
        files: options?.configFile === undefined ? [] : [options.configFile],
        // A command that runs beside the dev server stores images there.
        folders: options !== undefined && isLive ? [options.storeDir] : [],
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

    manifests() {
      const opened = project.opened()
      const known = project.known()
      if (opened === undefined || known === undefined) return undefined
      return {
        root: opened.pipeline.options.root,
        manifests: [...known.manifests, ...known.styles],
      }
    },

    makesFile(file) {
      const { storeDir, cacheDir } = project.opened()?.pipeline.options ?? usual(facts.start)
      return isBelow(storeDir, file) || isBelow(cacheDir, file)
    },

    isUnseen(file) {
      const { storeDir, cacheDir } = project.opened()?.pipeline.options ?? usual(facts.start)
      if (isBelow(cacheDir, file)) return true
      // Receipts and pictures count. Folders and unfinished files do not.
      return (
        isBelow(storeDir, file) &&
        !/^[^/\\]+\.(?:json|jpe?g|png|webp)$/.test(path.relative(storeDir, file))
      )
    },

    async rest() {
      if (!isLive) await project.opened()?.pipeline.close()
    },

    studio,

    close() {
      studio.close()
      project.close()
    },
  }
}

/** The default folders of store and cache, for the time before the options are read. */
function usual(start: string): { readonly storeDir: string; readonly cacheDir: string } {
  return {
    storeDir: path.join(start, '.imagegen'),
    cacheDir: path.join(start, 'node_modules/.cache/unplugin-imagegen'),
  }
}

function isBelow(folder: string, file: string): boolean {
  return file.startsWith(folder + path.sep)
}

/**
 * Starts a session in a host that watches files. If the start fails, the host watches the files whose change may fix it.
 *
 * @param begin `start` or `prepare` of the session.
 */
export async function startWatched(
  session: Session,
  watch: (file: string) => void,
  begin: () => Promise<void> = () => session.start(),
): Promise<void> {
  try {
    await plainly(begin())
  } catch (error) {
    for (const file of await session.mendable(error)) watch(file)
    throw error
  }
  const { files, folders } = session.surroundings()
  for (const file of [...files, ...folders]) watch(file)
}
