import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'
import { replaceFile } from '../../shared/files.ts'
import { digest } from '../../shared/hash.ts'
import { isRecord } from '../../shared/record.ts'
import type { ModuleId } from '../module-id.ts'
import type { LoadedModule } from './load-module.ts'
/**
 * A small file for each module that a bundler has loaded, holding a digest of the module's code. The module depends on
 * it: where the code would be another now, the file is written anew and the bundler's persistent cache and watcher see
 * that the module has to be loaded again. Without it a cached module would keep a picture that is no longer the one.
 */
export interface Stamps {
  /** The file for a module, absolute. */
  fileOf(id: ModuleId): string
  /** Makes its content follow what the host was given. Says whether that was another before. */
  write(id: ModuleId, loaded: { readonly code: string; readonly problem?: Error }): boolean
  /** Every module that was loaded before, in this run or an earlier one. */
  known(): readonly ModuleId[]
  /** The module does not exist any more. */
  drop(id: ModuleId): void
}

export function createStamps(cacheDir: string, root: string): Stamps {
  const folder = path.join(cacheDir, 'modules')
  const fileOf = (id: ModuleId): string =>
    path.join(
      folder,
      `${digest([path.relative(root, id.file), id.image ?? null]).slice(0, 24)}.json`,
    )
  return {
    fileOf,
    write(id, { code, problem }) {
      const file = fileOf(id)
      const content = JSON.stringify({
        file: path.relative(root, id.file),
        image: id.image ?? null,
        loaded: digest([code, problem?.message ?? null]),
      })
      const isSame = existsSync(file) && readFileSync(file, 'utf8') === content
      // Not written through what may be a link to another file.
      if (!isSame) replaceFile(file, content)
      return !isSame
    },
    known() {
      if (!existsSync(folder)) return []
      return readdirSync(folder).flatMap((name) => {
        const id = readStamp(path.join(folder, name), root)
        return id === undefined ? [] : [id]
      })
    },
    drop(id) {
      rmSync(fileOf(id), { force: true })
    },
  }
}

function readStamp(file: string, root: string): ModuleId | undefined {
  try {
    const stamp: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!isRecord(stamp) || typeof stamp['file'] !== 'string') return undefined
    const { image } = stamp
    return {
      file: path.resolve(root, stamp['file']),
      image: typeof image === 'string' ? image : undefined,
    }
  } catch {
    // Half written when its process ended: the bundler sees a changed file and loads the module anew.
    return undefined
  }
}

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
