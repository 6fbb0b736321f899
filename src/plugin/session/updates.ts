import type { Survey } from '../../pipeline.ts'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/logger.ts'
import type { LoadedModules } from './loaded-modules.ts'
import type { ModuleId } from '../module-id.ts'
import type { Project } from './project.ts'

/** What a live session tells its host and its user of a project that changes under it. */
export interface Updates {
  /** Told which modules have to be loaded anew, beside those that watch a file that changed. */
  onUpdate(listener: (modules: readonly ModuleId[]) => void): void
  /**
   * Looks at everything anew, or at what an edit has changed. Calls that come while that is under way share the next time.
   *
   * @param edited absolute. Left out: anything may have been changed.
   */
  refresh(edited?: string): Promise<void>
  /** The first look, in a session that has been prepared only. Modules may have been loaded meanwhile. */
  look(): Promise<void>
  /** Says what is wrong with the manifests, once. */
  report(made: Survey, logger: Logger): void
}

export function createUpdates(project: Project, modules: LoadedModules): Updates {
  const listeners: Array<(modules: readonly ModuleId[]) => void> = []
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
      // Nothing: why has just been said.
      const made = project.known()
      if (made !== undefined) report(made, logger)
    },
    report,
  }
}
