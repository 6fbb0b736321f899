import { ImagegenError } from '../../shared/errors.ts'
import type { LoadedModule } from './load-module.ts'
import type { ModuleId } from '../module-id.ts'
import { createStamps } from '../stamps.ts'

/** The modules that a host keeps across runs: it loads those anew whose stamp was written anew. */
export interface KeptModules {
  /** The file that a module depends on, absolute. */
  stamp(id: ModuleId, loaded: LoadedModule): string
  /**
   * Brings the stamps of all modules up to date that were loaded before, in this run or an earlier one.
   *
   * @param load the module as it would be now.
   * @param isAnothers whether another of our plugins answers for a module that this one knows nothing of.
   * @returns the stamps that are others now, absolute.
   */
  refresh(
    load: (id: ModuleId) => Promise<LoadedModule>,
    isAnothers: (id: ModuleId) => Promise<boolean>,
  ): Promise<readonly string[]>
}

export function createKeptModules(cacheDir: string, root: string): KeptModules {
  const stamps = createStamps(cacheDir, root)
  return {
    stamp(id, loaded) {
      stamps.write(id, loaded)
      return stamps.fileOf(id)
    },
    async refresh(load, isAnothers) {
      const changed: string[] = []
      await Promise.all(
        stamps.known().map(async (id) => {
          if (await isAnothers(id)) return
          try {
            if (stamps.write(id, await load(id))) changed.push(stamps.fileOf(id))
          } catch (error) {
            if (!(error instanceof ImagegenError)) throw error
            // The host asks for the module again, and shows the error where it is still imported.
            stamps.drop(id)
            changed.push(stamps.fileOf(id))
          }
        }),
      )
      return changed
    },
  }
}
