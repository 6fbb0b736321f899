import type { Survey } from '../../pipeline.ts'
import type { ImagegenError } from '../../shared/errors.ts'
import { type ModuleId, formatModuleId } from '../module-id.ts'
import type { Emit, HostFacts } from './host-facts.ts'
import { type LoadedModule, loadModule } from './load-module.ts'
import { lookOf } from './locate.ts'
import { type KeptModules, createKeptModules } from './module-stamps.ts'
import type { Opened, Project } from './project.ts'

/** The modules that a host was given, and what has become of them since. */
export interface GivenModules {
  /**
   * @param watch told of every file that the module depends on, also where it cannot be loaded.
   * @param emit in hosts that want to be given files.
   * @throws ImagegenError with what is wrong with the manifest or the image.
   */
  load(
    id: ModuleId,
    made: Survey,
    watch: (file: string) => void,
    emit?: Emit,
  ): Promise<LoadedModule>
  /** The host loads anew by itself what depends on a file. */
  forget(file: string): void
  /** The modules that look otherwise now. They are forgotten: the host is told once. */
  takeChanged(made: Survey): Promise<readonly ModuleId[]>
  /** Brings what the host has kept up to date: it loads those modules anew whose code changed. */
  refreshKept(made: Survey): Promise<void>
  /** The stamps of kept modules that became others since this was asked last, absolute. */
  takeStale(): readonly string[]
  /** Told when a module shows a stand-in although there should be a picture. */
  onProblem(listener: (problem: ImagegenError) => void): void
  /** Why modules show stand-ins now, by their ids. */
  problems(): ReadonlyMap<string, ImagegenError>
}

export function createGivenModules(project: Project, facts: HostFacts): GivenModules {
  const shown = createShown()
  const listeners: Array<(problem: ImagegenError) => void> = []
  const problems = new Map<string, ImagegenError>()
  const stale = new Set<string>()

  async function load(
    id: ModuleId,
    made: Survey,
    watch: (file: string) => void,
    emit: Emit = emitNothing,
  ): Promise<LoadedModule> {
    const opened = await project.open()
    // Nobody asks a build what has changed since.
    const look = facts.isLive ? lookAt(id, made, opened) : ''
    shown.note(id, look, undefined)
    const watched: string[] = []
    const loaded = await loadModule(id, made, {
      ...opened,
      isLive: facts.isLive,
      urlOf: (folder) => facts.urlOf(folder, emit),
      requestOf: facts.requestOf ?? asWritten,
      signal: project.signal,
      watch(files) {
        watched.push(...files)
        for (const file of files) watch(file)
      },
    })
    shown.note(id, look, watched)
    return loaded
  }

  async function keptModules(): Promise<KeptModules> {
    const { cacheDir, root } = (await project.open()).pipeline.options
    return createKeptModules(cacheDir, root)
  }

  return {
    async load(id, made, watch, emit) {
      const loaded = await load(id, made, watch, emit)
      if (facts.keepsModules) watch((await keptModules()).stamp(id, loaded))
      const name = formatModuleId(id)
      problems.delete(name)
      if (loaded.problem !== undefined) {
        problems.set(name, loaded.problem)
        for (const listener of listeners) listener(loaded.problem)
      }
      return loaded
    },

    forget: (file) => shown.forget(file),

    async takeChanged(made) {
      const opened = await project.open()
      const changed = shown.takeChanged((id) => lookAt(id, made, opened))
      for (const id of changed) problems.delete(formatModuleId(id))
      return changed
    },

    async refreshKept(made) {
      if (!facts.keepsModules) return
      const kept = await keptModules()
      const changed = await kept.refresh(
        (id) => load(id, made, () => undefined),
        async ({ file }) => (await facts.isAnothers?.(file)) === true,
      )
      for (const stamp of changed) stale.add(stamp)
    },

    takeStale() {
      const taken = [...stale]
      stale.clear()
      return taken
    },

    onProblem(listener) {
      listeners.push(listener)
    },

    problems: () => problems,
  }
}

function lookAt(id: ModuleId, made: Survey, { pipeline, background }: Opened): string {
  return lookOf(
    id,
    made,
    pipeline.options.root,
    (key) => background.failureOf(key)?.problem.message,
  )
}

const asWritten = (specifier: string): string => specifier

function emitNothing(file: string): never {
  throw new Error(`This host was not asked to emit ${file}.`)
}

/** What the modules looked like that the host was given: whatever looks otherwise later has to be loaded anew. */
export interface Shown {
  /** @param files those that the host watches for this module; nothing until it could be loaded. */
  note(id: ModuleId, look: string, files: readonly string[] | undefined): void
  /** The host loads anew by itself what depends on a file. */
  forget(file: string): void
  /** The modules that look otherwise now. They are forgotten: the host is told once. */
  takeChanged(lookNow: (id: ModuleId) => string): readonly ModuleId[]
}

export function createShown(): Shown {
  const modules = new Map<
    string,
    { readonly id: ModuleId; readonly look: string; readonly files: readonly string[] | undefined }
  >()
  return {
    note(id, look, files) {
      modules.set(formatModuleId(id), { id, look, files })
    },
    forget(file) {
      for (const [name, { id, files }] of modules) {
        if (files !== undefined && [id.file, ...files].includes(file)) modules.delete(name)
      }
    },
    takeChanged(lookNow) {
      const changed = [...modules.values()].filter(({ id, look }) => lookNow(id) !== look)
      for (const { id } of changed) modules.delete(formatModuleId(id))
      return changed.map(({ id }) => id)
    },
  }
}
