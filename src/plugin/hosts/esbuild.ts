import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type {
  BuildResult,
  OnLoadResult,
  OnResolveArgs,
  OnResolveResult,
  PluginBuild,
} from 'esbuild'
import type { AssetUrlOf } from '../../emit/module.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { readFileIfThere, toPosix } from '../../shared/files.ts'
import { printable } from '../../shared/plain-text.ts'
import { checkHostVersion } from '../host-version.ts'
import type { HostFacts } from '../session/host-facts.ts'
import {
  formatModuleId,
  MANIFEST_ID,
  parseModuleId,
  publishingQuery,
  splitQuery,
  type ModuleId,
} from '../module-id.ts'
import {
  publishedError,
  publishedQueryError,
  refusePublished,
  type OutputFile,
} from '../published-manifests.ts'
import type { Session } from '../session/session.ts'
import { moduleCode } from './module-code.ts'

/** The plugin's modules have their own namespaces, so the user's loaders for `.yaml` or `.webp` skip them. */
const MODULES = 'imagegen'
const RENDITIONS = 'imagegen-rendition'

const IMPORTS: ReadonlySet<string> = new Set([
  'entry-point',
  'import-statement',
  'require-call',
  'dynamic-import',
])

/** Marks a request that the plugin sends through all resolvers. */
const RESOLVING = Symbol('unplugin-imagegen resolves')

/** What a module carries through esbuild. */
interface Carried {
  /** The plugin instance that made it: a build may have two. */
  readonly owner: object
  /** Absolute. */
  readonly file: string
  readonly image: string | undefined
}

/** One build. */
interface Run {
  readonly session: Session
  readonly failure: Promise<Failure | undefined>
}

/** Why a build could not start, and the files that may fix it. */
interface Failure {
  readonly error: unknown
  readonly files: readonly string[]
}

/**
 * esbuild. Its loader `file` makes the URLs, so `publicPath`, `assetNames`, the metafile and `write: false` apply.
 * Each build of a context starts a new session: esbuild does not report what changed.
 */
export function esbuildHost(build: PluginBuild, begin: (facts: HostFacts) => Session): void {
  checkHostVersion('esbuild', build.esbuild.version)
  const owner = {}
  const root = path.resolve(build.initialOptions.absWorkingDir ?? process.cwd())
  let run: Run | undefined

  const current = (): Run => {
    if (run === undefined) throw new Error('esbuild has not begun a build.')
    return run
  }

  build.onStart(async () => {
    const session = begin({
      start: root,
      mode: process.env['NODE_ENV'] ?? 'production',
      kind: 'build',
      keepsModules: false,
    })
    run = { session, failure: start(session) }
    const failure = await run.failure
    return failure === undefined ? null : { errors: [toMessage(failure.error)] }
  })

  build.onEnd(async (result) => {
    const session = run?.session
    await session?.rest()
    try {
      refusePublished(session?.manifests(), outputsOf(result, root), () => [])
      return null
    } catch (error) {
      return { errors: [toMessage(error)] }
    }
  })

  build.onResolve({ filter: MANIFEST_ID }, async (args) => {
    if (args.pluginData === RESOLVING || args.namespace === MODULES) return undefined
    const ours = IMPORTS.has(args.kind) ? parseModuleId(args.path) : undefined
    const { session, failure } = current()
    const { errors, warnings, external, path: file } = await resolveFile(build, args)
    if (errors.length > 0) return { errors, warnings }
    // A YAML plugin after this one may own the namespace.
    if (external || !path.isAbsolute(file)) return undefined
    const isBroken = (await failure) !== undefined
    if (!isBroken && !(await session.includes(file))) return undefined
    if (ours === undefined) return isBroken ? undefined : refusal(file, args, session)
    return resolved({ file, image: ours.image })
  })

  build.onResolve({ filter: /.*/, namespace: MODULES }, ({ path: request, pluginData }) => {
    const carried = carriedBy(pluginData)
    if (carried === undefined) return undefined
    const ours = parseModuleId(request)
    if (ours !== undefined) return resolved({ file: carried.file, image: ours.image })
    const folder = current().session.images()?.folder
    if (folder === undefined) return undefined
    const file = path.join(folder, path.basename(request))
    return {
      path: path.basename(file),
      namespace: RENDITIONS,
      sideEffects: false,
      pluginData: { owner, file, image: undefined } satisfies Carried,
    }
  })

  build.onLoad({ filter: /.*/, namespace: MODULES }, async ({ pluginData }) => {
    const carried = carriedBy(pluginData)
    return carried === undefined ? undefined : loadModule(carried)
  })

  build.onLoad({ filter: /.*/, namespace: RENDITIONS }, async ({ pluginData }) => {
    const carried = carriedBy(pluginData)
    if (carried === undefined) return undefined
    return { contents: await readFile(carried.file), loader: 'file' }
  })

  // Imported by a name that does not show it, such as a package export; or a manifest that no instance includes.
  build.onLoad({ filter: MANIFEST_ID, namespace: 'file' }, async ({ path: file, suffix }) => {
    const ours = parseModuleId(`${file}${suffix}`)
    const { session, failure } = current()
    if (ours === undefined) {
      const query = publishing(`${file}${suffix}`)
      if (query === undefined || (await failure) !== undefined) return undefined
      if (!(await session.includes(file))) return undefined
      return { errors: [toMessage(publishedQueryError(query, file, session, undefined))] }
    }
    const isKnown = (await failure) === undefined && (await session.includes(file))
    return isKnown ? passingOn(file) : loadModule(ours)
  })

  /** The error for a request that would publish a manifest. esbuild handles workers and `require.resolve()`. */
  function refusal(
    manifest: string,
    { importer, kind, path: request }: OnResolveArgs,
    session: Session,
  ): OnResolveResult | undefined {
    const query = publishing(request)
    if (query !== undefined) {
      return { errors: [toMessage(publishedQueryError(query, manifest, session, importer))] }
    }
    if (kind !== 'url-token' && kind !== 'import-rule') return undefined
    const projectRoot = session.manifests()?.root ?? root
    const way = 'because a style sheet asks for it'
    return { errors: [toMessage(publishedError({ manifest, way }, projectRoot, [importer]))] }
  }

  /** Code for a server is not published. */
  function publishing(request: string): string | undefined {
    return build.initialOptions.platform === 'node' ? undefined : publishingQuery(request)
  }

  function resolved(id: ModuleId): OnResolveResult {
    // esbuild copies paths in namespaces into comments, source maps and metafiles.
    const relative = toPosix(path.relative(root, id.file))
    return {
      path: formatModuleId({ ...id, file: relative }),
      namespace: MODULES,
      sideEffects: false,
      pluginData: { owner, ...id } satisfies Carried,
    }
  }

  async function loadModule(id: ModuleId): Promise<OnLoadResult> {
    const { session, failure } = current()
    const failed = await failure
    if (failed !== undefined) {
      return { contents: UNKNOWN_EXPORTS, loader: 'js', watchFiles: [...failed.files] }
    }
    const loaded = await session.load(id)
    const watchFiles = [...session.surroundings().files, ...loaded.files]
    if (loaded.kind === 'failed') {
      return { errors: [toMessage(loaded.error)], watchFiles: [id.file, ...watchFiles] }
    }
    return {
      contents: moduleCode(id, loaded, esbuildUrl),
      loader: 'js',
      resolveDir: path.dirname(id.file),
      watchFiles,
      pluginData: { owner, ...id } satisfies Carried,
    }
  }

  function carriedBy(pluginData: unknown): Carried | undefined {
    const carried = pluginData as Carried | undefined
    return carried?.owner === owner ? carried : undefined
  }
}

async function start(session: Session): Promise<Failure | undefined> {
  try {
    await session.start()
    return undefined
  } catch (error) {
    return { error, files: await session.mendable(error) }
  }
}

/** The build has already reported why it could not start: imports add no further errors. */
const UNKNOWN_EXPORTS = 'module.exports = {}'

/** Re-exports a manifest through a request that the plugin's resolver answers. */
function passingOn(file: string): OnLoadResult {
  const request = JSON.stringify(`./${path.basename(file)}`)
  return {
    contents: `export * from ${request}\nexport { default } from ${request}\n`,
    loader: 'js',
    resolveDir: path.dirname(file),
  }
}

/** Resolves a request as the project does: TypeScript paths, aliases, package exports. */
function resolveFile(build: PluginBuild, args: OnResolveArgs): ReturnType<PluginBuild['resolve']> {
  const [request] = splitQuery(args.path)
  return build.resolve(request, {
    kind: args.kind,
    importer: args.importer,
    namespace: args.namespace,
    resolveDir: args.resolveDir,
    pluginData: RESOLVING,
  })
}

/** The output files of a build that esbuild reports. */
function* outputsOf({ outputFiles, metafile }: BuildResult, root: string): Iterable<OutputFile> {
  for (const { path: file, contents } of outputFiles ?? []) yield { name: file, content: contents }
  if (outputFiles !== undefined || metafile === undefined) return
  for (const name of Object.keys(metafile.outputs)) {
    const content = readFileIfThere(path.resolve(root, name))
    if (content !== undefined) yield { name, content }
  }
}

/** A user's mistake comes without a stack, a bug with it. */
function toMessage(error: unknown): { text: string; detail?: unknown } {
  if (error instanceof ImagegenError) return { text: error.message }
  return {
    text: printable(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  }
}

/** Imports a rendition by name only. The plugin's resolver adds the folder and uses the loader `file`. */
export const esbuildUrl: AssetUrlOf = ({ file }, variable) => ({
  statement: `import ${variable} from ${JSON.stringify(`./${path.basename(file)}`)}`,
  expression: variable,
})
