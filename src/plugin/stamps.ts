import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { replaceFile } from '../shared/files.ts'
import { digest } from '../shared/hash.ts'
import { isRecord } from '../shared/record.ts'
import type { ModuleId } from './module-id.ts'

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
