import path from 'node:path'
import { plainly } from '../plain-error.ts'
import {
  refusePublished,
  type OutputFile,
  type ProjectManifests,
  type UrlSupport,
} from '../published-manifests.ts'

/** The part of a bundle of Rollup, Rolldown or Vite that this file reads. */
type Bundle = Readonly<Record<string, Chunk | Asset>>

interface Chunk {
  readonly type: 'chunk'
  readonly code: string
}

interface Asset {
  readonly type: 'asset'
  readonly source: string | Uint8Array
  readonly originalFileNames?: readonly string[]
}

/** Knows the files that may hold a reference. Rolldown does not list the files that it watches. */
interface Graph {
  getModuleIds(): Iterable<string>
  getWatchFiles?(): readonly string[]
}

/** A plugin that is not in the user's list. */
export interface LastLook {
  readonly name: string
  readonly generateBundle: {
    readonly order: 'post'
    handler(this: Graph, options: unknown, bundle: Bundle): Promise<void>
  }
}

/** What a check needs to know of a build. */
interface Looked {
  readonly project: ProjectManifests | undefined
  /** The folder that the names of original files are relative to, absolute. */
  readonly root: string
  readonly support?: UrlSupport
}

/**
 * The options of Rollup, Rolldown or Vite with a plugin behind all others: Vite's own plugins add HTML and CSS to the
 * bundle late.
 */
export function withLastLook<Input extends { plugins?: unknown }>(
  options: Input,
  looked: () => Looked,
): Input {
  const last: LastLook = {
    name: 'unplugin-imagegen:last-look',
    generateBundle: {
      order: 'post',
      async handler(_, bundle) {
        await lookAtBundle(bundle, this, looked())
      },
    },
  }
  return { ...options, plugins: [options.plugins, last] }
}

/** @throws ImagegenError if a bundle would publish a manifest. */
async function lookAtBundle(
  bundle: Bundle,
  graph: Graph,
  { project, root, support }: Looked,
): Promise<void> {
  const outputs = Object.entries(bundle).map(([name, file]): OutputFile => {
    if (file.type === 'chunk') return { name, content: file.code }
    const sources = (file.originalFileNames ?? []).map((original) => path.resolve(root, original))
    return { name, content: file.source, sources }
  })
  const sources = (): string[] => [...graph.getModuleIds(), ...(graph.getWatchFiles?.() ?? [])]
  await plainly(Promise.resolve().then(() => refusePublished(project, outputs, sources, support)))
}
