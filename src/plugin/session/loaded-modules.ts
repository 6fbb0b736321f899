import type { Survey } from '../../pipeline.ts'
import type { ImagegenError } from '../../shared/errors.ts'
import { formatModuleId, type ModuleId } from '../module-id.ts'
import type { HostFacts } from './host-facts.ts'
import { loadModule, type Loaded } from './load-module.ts'
import { locate, lookOf, type Located } from './locate.ts'
import { createModuleStamps, type ModuleStamps } from './module-stamps.ts'
import type { Opened, Project } from './project.ts'

/** What a host has loaded: a module; or, for something else that names it by its URL, what it shows. */
export interface LoadedId extends ModuleId {
  /** The module or page that names it by its URL. */
  readonly by?: string | undefined
}

/** The modules that a host has loaded, and how they have changed since. */
export interface LoadedModules {
  load(id: LoadedId, survey: Survey): Promise<Loaded>
  /** A module or page is read again: it may name other images. */
  forgetNamer(by: string): void
  /** The host itself reloads the modules that depend on a file. */
  forget(file: string): void
  /** The modules whose output changed. They are forgotten: the host is told once. */
  takeChanged(survey: Survey): Promise<readonly LoadedId[]>
  /** Updates the stamps of modules that the host has cached: the host reloads those whose stamp changes. */
  refreshKept(survey: Survey): Promise<void>
  /** The stamps that changed since the last call, absolute. */
  takeStale(): readonly string[]
  /** Called when a module shows a placeholder although the image should exist. */
  onProblem(listener: (problem: ImagegenError) => void): void
  /** Why modules show placeholders now, by module id. */
  problems(): ReadonlyMap<string, ImagegenError>
}

export function createLoadedModules(project: Project, facts: HostFacts): LoadedModules {
  const shown = createShown()
  const listeners: Array<(problem: ImagegenError) => void> = []
  const problems = new Map<string, ImagegenError>()
  const stale = new Set<string>()
  const isLive = facts.kind !== 'build'
  let kept: { readonly options: object; readonly stamps: ModuleStamps } | undefined

  async function load(id: LoadedId, survey: Survey): Promise<Loaded> {
    const opened = await project.open()
    const located = locate(id, survey, opened.pipeline.options.root)
    // No host asks a build what has changed.
    const look = isLive ? lookNow(located, opened) : ''
    shown.note(id, look, undefined)
    const { signal } = project
    const isSeen = facts.kind === 'live'
    const loaded = await loadModule(located, survey, { ...opened, isLive, isSeen, signal })
    // Hosts reload modules that depend on a file, but not pages, nor modules that name images by URLs.
    if (loaded.kind !== 'failed' && id.by === undefined) shown.note(id, look, loaded.files)
    return loaded
  }

  async function moduleStamps(): Promise<ModuleStamps> {
    const { options } = (await project.open()).pipeline
    if (kept?.options !== options) {
      const { cacheDir, root } = options
      kept = { options, stamps: createModuleStamps(cacheDir, root, facts.sampleCode) }
    }
    return kept.stamps
  }

  async function stamped(id: ModuleId, loaded: Loaded): Promise<Loaded> {
    if (!facts.keepsModules || loaded.kind === 'failed') return loaded
    const stamps = await moduleStamps()
    stamps.write(id, loaded)
    return { ...loaded, files: [...loaded.files, stamps.fileOf(id)] }
  }

  function noteProblem(id: ModuleId, loaded: Loaded): void {
    if (loaded.kind === 'failed') return
    const name = formatModuleId(id)
    problems.delete(name)
    if (loaded.kind === 'manifest' || loaded.problem === undefined) return
    problems.set(name, loaded.problem)
    for (const listener of listeners) listener(loaded.problem)
  }

  return {
    async load(id, survey) {
      const loaded = await stamped(id, await load(id, survey))
      noteProblem(id, loaded)
      return loaded
    },

    forget: (file) => shown.forget(file),
    forgetNamer: (by) => shown.forgetNamer(by),

    async takeChanged(survey) {
      const opened = await project.open()
      const { root } = opened.pipeline.options
      const changed = shown.takeChanged((id) => lookNow(locate(id, survey, root), opened))
      for (const id of changed) problems.delete(formatModuleId(id))
      return changed
    },

    async refreshKept(survey) {
      if (!facts.keepsModules) return
      const stamps = await moduleStamps()
      const changed = await stamps.refresh(
        (id) => load(id, survey),
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

function lookNow(located: Located, { background }: Opened): string {
  return lookOf(
    located,
    (key) => background.failureOf(key)?.problem.message ?? background.awaitingOf(key),
  )
}

/** What each module looked like when the host loaded it: modules whose look changed must be reloaded. */
interface Shown {
  /** @param files those that the host watches for this module; undefined until it has loaded. */
  note(id: LoadedId, look: string, files: readonly string[] | undefined): void
  /** The host itself reloads the modules that depend on a file. */
  forget(file: string): void
  forgetNamer(by: string): void
  /** The modules that look different now. They are forgotten: the host is told once. */
  takeChanged(lookAt: (id: ModuleId) => string): readonly LoadedId[]
}

interface ShownModule {
  readonly id: LoadedId
  readonly look: string
  readonly files: readonly string[] | undefined
}

function createShown(): Shown {
  const modules = new Map<string, ShownModule>()
  const nameOf = (id: LoadedId): string => JSON.stringify([formatModuleId(id), id.by ?? null])
  const forgetWhere = (matches: (module: ShownModule) => boolean): void => {
    for (const [name, module] of modules) if (matches(module)) modules.delete(name)
  }
  return {
    note(id, look, files) {
      modules.set(nameOf(id), { id, look, files })
    },
    forget(file) {
      forgetWhere(({ id, files }) => files !== undefined && [id.file, ...files].includes(file))
    },
    forgetNamer(by) {
      forgetWhere(({ id }) => id.by === by)
    },
    takeChanged(lookAt) {
      const changed = [...modules.values()].filter(({ id, look }) => lookAt(id) !== look)
      for (const { id } of changed) modules.delete(nameOf(id))
      return changed.map(({ id }) => id)
    },
  }
}
