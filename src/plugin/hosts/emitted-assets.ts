import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Rolldown } from 'vite'
import { allRenditions } from '../../emit/shown-image.ts'
import { toPosix } from '../../shared/files.ts'
import { parseModuleId } from '../module-id.ts'
import type { Loaded } from '../session/load-module.ts'
import type { Images } from '../session/session.ts'

type ModuleGraph = Pick<Rolldown.PluginContext, 'getModuleIds' | 'getModuleInfo'>

/**
 * The key of a module's meta that lists its renditions, absolute. Every instance of this plugin sees those of all
 * instances, also for modules that a watcher did not reload.
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
  /** Missing in the first versions of Rollup 4, for which nothing is removed. */
  readonly originalFileNames?: readonly string[]
}

/**
 * The renditions that a Vite bundle needs; undefined if it needs all of them. Vite emits every module that it loads, and
 * a manifest loads all of its images.
 *
 * An image stays if its module is part of a chunk or another module names it in an import: a server may render that
 * module's page, and its build has the URL but leaves the file to this one.
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
    // Another plugin's module, or a manifest of named images, which has no renditions of its own.
    if (names?.length === 0) continue
    const isUsed = names === undefined || rendered.has(id) || isNamed(id, names, graph, new Set())
    if (isUsed) used.push(id)
    else needsAll = false
  }
  // The common case: pages show everything that they load.
  return needsAll ? undefined : new Set(used.flatMap((id) => renditionsOf(id, graph)))
}

/**
 * Removes the renditions of unused images from a bundle.
 *
 * @param isUsed gets the rendition, absolute, and the name of its asset in the bundle.
 * @param folder the folder of the renditions, absolute.
 * @param root the folder that the names of original files are relative to.
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

/** The modules that contribute code to a bundle. */
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

/** Whether code outside the plugin's modules names an image, also through files that re-export everything. */
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

/** A hook context that emits files. */
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
  const renditions = loaded.kind === 'image' ? allRenditions(loaded.rendered) : []
  return new Map(renditions.map(({ file }) => [file, emitRendition(file, emitter, root)]))
}

/** Emits one rendition. @returns the reference by which code names it. */
export function emitRendition(file: string, emitter: Emitter, root: string): string {
  return emitter.emitFile({
    type: 'asset',
    name: path.basename(file),
    originalFileName: toPosix(path.relative(root, file)),
    source: readFileSync(file),
  })
}
