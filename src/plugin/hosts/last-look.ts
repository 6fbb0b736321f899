import path from 'node:path'
import { plainly } from '../plain-error.ts'
import { refusePublished, type OutputFile, type ProjectManifests } from '../published-manifests.ts'

/** What Rollup, Rolldown and Vite have in a bundle, as far as it is looked at. */
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

/** What knows the files in which a reference may stand. Rolldown does not tell the files that it watches. */
interface Graph {
  getModuleIds(): Iterable<string>
  getWatchFiles?(): readonly string[]
}

/** A plugin that the user has not written down. */
export interface LastLook {
  readonly name: string
  readonly generateBundle: {
    readonly order: 'post'
    handler(this: Graph, options: unknown, bundle: Bundle): Promise<void>
  }
}

/** What one look needs of a build. */
interface Looked {
  readonly project: ProjectManifests | undefined
  /** Which the names of original files start from, absolute. */
  readonly root: string
}

/**
 * The options of a bundler of Rollup's kind with a plugin behind all others: Vite's own put HTML and CSS into the bundle
 * late.
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

/** @throws ImagegenError where a bundle would publish a manifest. */
async function lookAtBundle(
  bundle: Bundle,
  graph: Graph,
  { project, root }: Looked,
): Promise<void> {
  const outputs = Object.entries(bundle).map(([name, file]): OutputFile => {
    if (file.type === 'chunk') return { name, content: file.code }
    const sources = (file.originalFileNames ?? []).map((original) => path.resolve(root, original))
    return { name, content: file.source, sources }
  })
  const sources = (): string[] => [...graph.getModuleIds(), ...(graph.getWatchFiles?.() ?? [])]
  await plainly(Promise.resolve().then(() => refusePublished(project, outputs, sources)))
}
