import type { Survey } from '../../pipeline.ts'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/logger.ts'
import type { LoadedId, LoadedModules } from './loaded-modules.ts'
import type { Project } from './project.ts'

/** What a live session tells its host and its user about changes in the project. */
export interface Updates {
  /** Called with modules to reload, beside those that depend on the changed file. */
  onUpdate(listener: (modules: readonly LoadedId[]) => void): void
  /**
   * Surveys everything, or what an edit has changed. Calls during a refresh share the next one.
   *
   * @param edited absolute. Default: anything may have changed.
   */
  refresh(edited?: string): Promise<void>
  /** The first survey of a session that was only prepared. Modules may already have been loaded. */
  look(): Promise<void>
  /** Reports the manifests' errors, once. */
  report(made: Survey, logger: Logger): void
}

export function createUpdates(project: Project, modules: LoadedModules): Updates {
  const listeners: Array<(modules: readonly LoadedId[]) => void> = []
  let refreshing: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined
  let told = ''

  async function tellHost(): Promise<void> {
    waiting = undefined
    const { logger } = await project.open()
    try {
      const made = await project.survey()
      const changed = await modules.takeChanged(made)
      if (changed.length === 0 || project.signal.aborted) return
      await modules.refreshKept(made)
      for (const listener of listeners) listener(changed)
    } catch (error) {
      if (!project.signal.aborted) logger.error(messageOf(error))
    }
  }

  function refresh(edited?: string): Promise<void> {
    project.invalidate(edited)
    waiting ??= refreshing.then(tellHost, tellHost)
    refreshing = waiting
    return waiting
  }

  function report({ problems }: Survey, logger: Logger): void {
    const found = [...problems.values()].flat()
    const text = found.length === 0 ? '' : new ImagegenError('manifest', found).message
    if (text !== '' && text !== told) logger.error(text)
    told = text
  }

  return {
    onUpdate(listener) {
      listeners.push(listener)
    },
    refresh,
    async look() {
      await refresh()
      const { logger } = await project.open()
      // No survey: the error was already logged.
      const made = project.known()
      if (made !== undefined) report(made, logger)
    },
    report,
  }
}
