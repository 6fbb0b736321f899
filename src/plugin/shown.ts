import { formatModuleId, type ModuleId } from './module-id.ts'

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
