import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'
import { replaceFile, toPosix } from '../../shared/files.ts'
import { digest } from '../../shared/hash.ts'
import { isRecord } from '../../shared/record.ts'
import { release } from '../../shared/release.ts'
import type { ModuleId } from '../module-id.ts'
import type { Loaded, LoadedImage, LoadedManifest } from './load-module.ts'

/**
 * A small file for each module that a bundler has loaded, with a digest of what the module shows. The module depends on
 * it: when it would show something else, the stamp is rewritten, and the bundler's persistent cache and watcher reload the
 * module. Without it a cached module would keep an outdated image.
 */
export interface ModuleStamps {
  /** The stamp of a module, absolute. */
  fileOf(id: ModuleId): string
  /** @returns whether the stamp changed. */
  write(id: ModuleId, loaded: LoadedManifest | LoadedImage): boolean
  /**
   * Updates the stamps of all modules that were loaded before, in this run or an earlier one.
   *
   * @param load loads the module as it would be now.
   * @param isAnothers whether another instance of this plugin answers for the module.
   * @returns the stamps that changed, absolute.
   */
  refresh(
    load: (id: ModuleId) => Promise<Loaded>,
    isAnothers: (id: ModuleId) => Promise<boolean>,
  ): Promise<readonly string[]>
}

/** @param sampleCode how the host's code looks: another version of this package may write other code for an image. */
export function createModuleStamps(
  cacheDir: string,
  root: string,
  sampleCode: string = '',
): ModuleStamps {
  const folder = path.join(cacheDir, 'modules')
  // The version too: a sample does not show everything.
  const version = digest([release(), sampleCode])

  function fileOf(id: ModuleId): string {
    const name = digest([path.relative(root, id.file), id.image ?? null]).slice(0, 24)
    return path.join(folder, `${name}.json`)
  }

  function write(id: ModuleId, loaded: LoadedManifest | LoadedImage): boolean {
    const file = fileOf(id)
    const content = JSON.stringify({
      file: path.relative(root, id.file),
      image: id.image ?? null,
      loaded: digest([version, contentOf(loaded, root)]),
    })
    const isSame = existsSync(file) && readFileSync(file, 'utf8') === content
    // Replaced, not written: a link in its place may lead to another file.
    if (!isSame) replaceFile(file, content)
    return !isSame
  }

  /** Whether the host has to reload the module. */
  async function refreshOne(
    id: ModuleId,
    load: (id: ModuleId) => Promise<Loaded>,
  ): Promise<boolean> {
    const loaded = await load(id)
    if (loaded.kind !== 'failed') return write(id, loaded)
    if (!(loaded.error instanceof ImagegenError)) throw loaded.error
    // The host loads the module again, and shows the error if code still imports it.
    rmSync(fileOf(id), { force: true })
    return true
  }

  return {
    fileOf,
    write,
    async refresh(load, isAnothers) {
      const known = existsSync(folder) ? readdirSync(folder) : []
      const changed = await Promise.all(
        known.map(async (name) => {
          const id = readStamp(path.join(folder, name), root)
          if (id === undefined || (await isAnothers(id))) return []
          return (await refreshOne(id, load)) ? [fileOf(id)] : []
        }),
      )
      return changed.flat()
    },
  }
}

/** What a module shows. Paths start at the root: a project may move together with its cache. */
function contentOf(loaded: LoadedManifest | LoadedImage, root: string): unknown {
  if (loaded.kind === 'manifest') {
    return loaded.entries.map(({ name, exportName }) => [name, exportName ?? null])
  }
  const { alt, rendered, problem } = loaded
  const filesOf = ({ renditions }: Pick<LoadedImage['rendered'], 'renditions'>): unknown =>
    renditions.map(({ format, width, height, file }) => {
      return [format, width, height, toPosix(path.relative(root, file))]
    })
  const { media, ...shown } = rendered
  return [
    alt,
    { ...shown, renditions: filesOf(rendered) },
    problem?.message ?? null,
    ...(media ?? []).map((one) => [one.media, filesOf(one)]),
  ]
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
    // Its process ended while writing: the bundler sees a changed file and reloads the module.
    return undefined
  }
}
