import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Rolldown } from 'vite'
import { toPosix } from '../../shared/files.ts'
import { parseModuleId } from '../module-id.ts'
import type { Loaded } from '../session/load-module.ts'
import type { Images } from '../session/session.ts'

type ModuleGraph = Pick<Rolldown.PluginContext, 'getModuleIds' | 'getModuleInfo'>

/**
 * Where a module's meta has its renditions, absolute. Every plugin of ours sees those of all of them, also of modules that
 * a watcher did not load again.
 */
export const RENDITIONS = 'unplugin-imagegen:renditions'

/** What Rollup, Rolldown and Vite all have in a bundle. */
export type Bundle = Record<string, Chunk | Asset>

interface Chunk {
  readonly type: 'chunk'
  readonly code: string
  readonly modules: Readonly<Record<string, { readonly renderedLength: number }>>
}

interface Asset {
  readonly type: 'asset'
  /** Not in the first versions of Rollup 4: there, nothing is taken out. */
  readonly originalFileNames?: readonly string[]
}

/**
 * The renditions that a bundle of Vite's needs; nothing where it needs all of them. Vite emits what is loaded, and a
 * manifest loads all of its images.
 *
 * An image stays where its module is part of a chunk, and where a module names it in an import: that module's page may be
 * rendered on a server, whose build has the URL and leaves the file to this one.
 */
export function usedByGraph(
  bundle: Bundle,
  graph: ModuleGraph,
  images: Images,
): ReadonlySet<string> | undefined {
  const rendered = renderedModules(bundle)
  const used: string[] = []
  let needsAll = true
  for (const id of graph.getModuleIds()) {
    const ours = parseModuleId(id)
    const names = ours === undefined ? [] : images.namesOf(ours)
    // Not ours, or a manifest with several images, which has no renditions itself.
    if (names?.length === 0) continue
    const isUsed = names === undefined || rendered.has(id) || isNamed(id, names, graph, new Set())
    if (isUsed) used.push(id)
    else needsAll = false
  }
  // Most pages show all that they load.
  return needsAll ? undefined : new Set(used.flatMap((id) => renditionsOf(id, graph)))
}

/**
 * Takes the renditions of images that nothing uses out of a bundle.
 *
 * @param isUsed asked of a rendition, absolute, and of the name that its asset has in the bundle.
 * @param folder that of the renditions, absolute.
 * @param root which the names of original files start from.
 */
export function removeUnused(
  bundle: Bundle,
  isUsed: (rendition: string, name: string) => boolean,
  folder: string,
  root: string,
): void {
  for (const [name, file] of Object.entries(bundle)) {
    if (file.type !== 'asset') continue
    const sources = (file.originalFileNames ?? []).map((original) => path.resolve(root, original))
    const isOurs = sources.length > 0 && sources.every((source) => path.dirname(source) === folder)
    if (isOurs && !sources.some((source) => isUsed(source, name))) delete bundle[name]
  }
}

/** The modules of which something is in a bundle. */
export function renderedModules(bundle: Bundle): ReadonlySet<string> {
  const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
  const modules = chunks.flatMap((chunk) => Object.entries(chunk.modules))
  return new Set(modules.filter(([, { renderedLength }]) => renderedLength > 0).map(([id]) => id))
}

/** Whether any chunk holds the name of a file. */
export function isNamedInCode(name: string, bundle: Bundle): boolean {
  const base = path.posix.basename(name)
  return Object.values(bundle).some((file) => file.type === 'chunk' && file.code.includes(base))
}

/** Whether code outside of our own modules names an image, be it through files that pass everything on. */
function isNamed(
  id: string,
  names: readonly string[],
  graph: ModuleGraph,
  visited: Set<string>,
): boolean {
  if (visited.has(id)) return false
  visited.add(id)
  return (graph.getModuleInfo(id)?.importers ?? []).some((importer) => {
    const code = graph.getModuleInfo(importer)?.code ?? ''
    const isOurs = parseModuleId(importer) !== undefined
    if (!isOurs && names.some((name) => hasWord(code, name))) return true
    const passesOn = isOurs || /\bexport\s*\*/.test(code)
    return passesOn && isNamed(importer, names, graph, visited)
  })
}

function renditionsOf(id: string, graph: ModuleGraph): readonly string[] {
  const renditions: unknown = graph.getModuleInfo(id)?.meta[RENDITIONS]
  return Array.isArray(renditions) ? (renditions as readonly string[]) : []
}

function hasWord(code: string, word: string): boolean {
  const literal = word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`(?<![\\p{L}\\p{N}_$-])${literal}(?![\\p{L}\\p{N}_$-])`, 'u').test(code)
}

/** A host of Rollup's kind, which is given its files. */
export interface Emitter {
  emitFile(asset: {
    type: 'asset'
    name: string
    originalFileName: string
    source: Uint8Array
  }): string
}

/** By a rendition's file, absolute: the reference by which code names the asset. */
export type References = ReadonlyMap<string, string>

/**
 * Emits the renditions of a module under their own names.
 *
 * @param root the folder that the names of original files are relative to.
 */
export function emitRenditions(loaded: Loaded, emitter: Emitter, root: string): References {
  const renditions = loaded.kind === 'image' ? loaded.rendered.renditions : []
  return new Map(
    renditions.map(({ file }) => {
      const reference = emitter.emitFile({
        type: 'asset',
        name: path.basename(file),
        originalFileName: toPosix(path.relative(root, file)),
        source: readFileSync(file),
      })
      return [file, reference]
    }),
  )
}
