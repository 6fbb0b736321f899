import path from 'node:path'
import type {
  NativeBuildContext,
  UnpluginBuildContext,
  UnpluginContext,
  UnpluginOptions,
} from 'unplugin'
import { relativeSpecifier, type AssetUrlOf } from '../../emit/module.ts'
import { messageOf } from '../../shared/errors.ts'
import {
  MANIFEST_ID,
  type ModuleId,
  parseModuleId,
  publishingQuery,
  splitQuery,
} from '../module-id.ts'
import {
  createWebpackMarkup,
  type Naming,
  URL_RULES,
  type WebpackMarkup,
} from './webpack-markup.ts'
import {
  type ModuleFactory,
  type ModuleRules,
  issuerOf,
  keepKindOfStyles,
  refuseOtherRules,
} from './webpack-rules.ts'
import { plainError, plainly } from '../plain-error.ts'
import { type OutputFile, publishedQueryError, refusePublished } from '../published-manifests.ts'
import type { HostFacts } from '../session/host-facts.ts'
import type { Loaded } from '../session/load-module.ts'
import { moduleCode, sampleCode } from './module-code.ts'
import type { Session } from '../session/session.ts'
import { type FollowedFolder, followFolder } from '../../shared/follow-folder.ts'

const NAME = 'unplugin-imagegen'

/** What unplugin gives the hooks of a loader. */
type Loader = UnpluginBuildContext & UnpluginContext

/** What the compilers of webpack and Rspack share. */
interface Compiler extends WithNeighbours {
  /**
   * Files that changed since the last build of a watcher. Not documented.
   *
   * @see https://github.com/webpack/webpack/blob/main/lib/Watching.js
   */
  modifiedFiles?: ReadonlySet<string> | undefined
  readonly removedFiles?: ReadonlySet<string> | undefined
  readonly fileTimestamps?: Timestamps | undefined
  /** Caches what it has read until the watcher purges it. */
  readonly inputFileSystem: { purge?(files: string[]): void } | null
  readonly context: string
  readonly options: {
    readonly mode?: string | undefined
    readonly module: { readonly rules: unknown[] }
    readonly experiments?: { readonly css?: unknown } | undefined
  }
  readonly watching?: { invalidate(): void } | undefined
  readonly hooks: {
    readonly beforeRun: { tapPromise(name: string, run: () => Promise<void>): void }
    readonly watchRun: {
      tapPromise(name: string, run: () => Promise<void>): void
    }
    readonly compilation: {
      tap(name: string, run: (compilation: unknown, parts: CompilationParts) => void): void
    }
    readonly thisCompilation: { tap(name: string, run: (compilation: Compilation) => void): void }
    readonly afterCompile: { tap(name: string, run: (compilation: Compilation) => void): void }
    readonly done: { tapPromise(name: string, run: () => Promise<void>): void }
    readonly watchClose: { tap(name: string, run: () => void): void }
    readonly shutdown: { tap(name: string, run: () => void): void }
  }
}

interface CompilationParts {
  /** Rspack's has other hooks. */
  readonly normalModuleFactory: object
}

/** What a watcher knows of files: a map in webpack and in Rspack. */
interface Timestamps {
  has(file: string): boolean
  delete?(file: string): boolean
}

interface Compilation {
  readonly fileDependencies: Iterable<string> & { addAll(files: Iterable<string>): unknown }
  readonly errors: unknown[]
  readonly hooks: {
    readonly processAssets: {
      tap(how: { readonly name: string; readonly stage: number }, run: () => void): void
    }
  }
  getAssets(): ReadonlyArray<{
    readonly name: string
    readonly source: { source(): string | Buffer }
    readonly info: { readonly sourceFilename?: string | undefined }
  }>
  deleteAsset(name: string): void
}

/** After every step that creates or changes an asset: `PROCESS_ASSETS_STAGE_REPORT`. */
const LAST_STAGE = 5000

/** A session and what ends with it. */
interface Running {
  readonly session: Session
  readonly isLive: boolean
  readonly followed: FollowedFolder[]
}

/**
 * webpack and Rspack. They cache loaded modules in memory and on disk, and start a new compilation after each change.
 *
 * The plugin's modules have no side effects, so unused images are dropped together with their files.
 */
export function webpackHost(
  begin: (facts: HostFacts) => Session,
  requestOf: PictureRequest = pictureRequest,
): Pick<UnpluginOptions, 'transformInclude'> & {
  readonly load: NonNullable<UnpluginOptions['load']>
  readonly transform: NonNullable<UnpluginOptions['transform']>
  readonly apply: (compiler: Compiler) => void
} {
  const markup = createWebpackMarkup()
  const urlOf = (folder: string): AssetUrlOf => webpackUrl(folder, requestOf)
  let running: Running | undefined
  let rules: readonly unknown[] = []
  let context = ''
  let isMine = (_file: string): Promise<boolean> => Promise.resolve(true)

  function apply(compiler: Compiler): void {
    isMine = joinNeighbours(compiler, async (file) => (await running?.session.knows(file)) === true)
    // Not in `make`, where unplugin calls `buildStart`: webpack then already builds the entries from its cache.
    compiler.hooks.beforeRun.tapPromise(NAME, () => plainly(sessionFor(compiler, false).start()))
    compiler.hooks.watchRun.tapPromise(NAME, async () => {
      const session = sessionFor(compiler, true)
      const { modifiedFiles = [], removedFiles = [] } = compiler
      await plainly(session.start([...modifiedFiles, ...removedFiles]))
      tellChanged(compiler, session.takeStale())
      followStore(session)
    })
    compiler.hooks.afterCompile.tap(NAME, ({ fileDependencies }) => {
      fileDependencies.addAll(running?.session.surroundings().files ?? [])
    })
    compiler.hooks.thisCompilation.tap(NAME, (compilation) => {
      compilation.hooks.processAssets.tap({ name: NAME, stage: LAST_STAGE }, () =>
        lookAtAssets(compilation, running?.session, markup, compiler.context),
      )
    })
    compiler.hooks.compilation.tap(NAME, (_, { normalModuleFactory }) => {
      // Of webpack only, and known once all plugins are applied.
      if (compiler.options.experiments?.css !== 'auto') return
      keepKindOfStyles(normalModuleFactory as ModuleFactory, NAME)
    })
    compiler.options.module.rules.push(
      // Not in development: with HMR, webpack skips re-exports without side effects, and after a rename it fails on the
      // module in between, which "has no id assigned".
      { test: /\.image\.ya?ml$/i, sideEffects: compiler.options.mode === 'development' },
      ...URL_RULES,
    )
    rules = compiler.options.module.rules
    context = compiler.context
    compiler.hooks.done.tapPromise(NAME, async () => running?.session.rest())
    compiler.hooks.watchClose.tap(NAME, close)
    compiler.hooks.shutdown.tap(NAME, close)
  }

  function sessionFor(compiler: Compiler, isLive: boolean): Session {
    if (running?.isLive === isLive) return running.session
    close()
    const session = begin({
      start: compiler.context,
      mode: process.env['NODE_ENV'] ?? compiler.options.mode ?? 'production',
      kind: isLive ? 'live' : 'build',
      isAnothers: async (file) => !(await isMine(file)),
      keepsModules: true,
      sampleCode: sampleCode(compiler.context, urlOf, webpackRequest),
    })
    session.onUpdate(() => compiler.watching?.invalidate())
    running = { session, isLive, followed: [] }
    return session
  }

  /** Notices at once what a command stores. As a dependency, every lock in the folder would trigger a build. */
  function followStore(session: Session): void {
    if (running === undefined || running.followed.length > 0) return
    const { folders } = session.surroundings()
    const changed = (file: string): void => {
      // The receipt of an original is written last.
      if (file.endsWith('.json')) void session.changed(file)
    }
    running.followed.push(...folders.map((folder) => followFolder(folder, changed)))
  }

  async function loadModule(id: ModuleId, { session, rules }: Naming): Promise<Loaded> {
    refuseOtherRules(id.file, rules)
    return session.load(id)
  }

  function close(): void {
    for (const followed of running?.followed ?? []) followed.close()
    running?.session.close()
    running = undefined
  }

  /** What a loader knows; a picture that should exist and does not is an error of its module. */
  function namingOf(loader: Loader, session: Session): Naming {
    return {
      session: {
        ...session,
        async load(id) {
          const loaded = await session.load(id)
          if (loaded.kind === 'image' && loaded.problem !== undefined) {
            loader.error(loaded.problem.message)
          }
          return loaded
        },
      },
      watch: (file) => loader.addWatchFile(file),
      context,
      rules: rulesOf(loader.getNativeBuildContext?.()),
    }
  }

  return {
    apply,
    load: {
      filter: { id: MANIFEST_ID },
      async handler(id) {
        const session = running?.session
        if (session === undefined) return undefined
        const naming = namingOf(this, session)
        const { resourcePath } = naming.rules
        if (resourcePath !== undefined && !(await isMine(path.normalize(resourcePath)))) {
          return undefined
        }
        const urlCode = await plainly(
          markup.urlCode(naming, (file) => requestOf(webpackRequest(file))),
        )
        if (urlCode !== undefined) return { code: urlCode, map: null }
        const ours = parseModuleId(id)
        if (ours === undefined) {
          await plainly(refuseQuery(id, session, this.getNativeBuildContext?.()))
          return undefined
        }
        const loaded = await plainly(loadModule(ours, naming))
        for (const file of loaded.files) this.addWatchFile(file)
        const code = moduleCode(ours, loaded, urlOf(path.dirname(ours.file)), webpackRequest)
        return { code, map: null }
      },
    },
    // A filter cannot ask which rules the configuration has.
    // oxlint-disable-next-line typescript/no-deprecated
    transformInclude: (id) => markup.reads(id, rules),
    async transform(code, id) {
      const session = running?.session
      if (session === undefined) return undefined
      const text = await plainly(markup.transform(code, id, namingOf(this, session)))
      return text === undefined ? undefined : { code: text, map: null }
    },
  }
}

/** @throws ImagegenError if a request would put a manifest's text into the output. */
async function refuseQuery(
  id: string,
  session: Session,
  context: NativeBuildContext | undefined,
): Promise<void> {
  const query = publishingQuery(id)
  const file = path.normalize(splitQuery(id)[0])
  const rules = rulesOf(context)
  // Code for a server is not published.
  const isForServer = /node|electron-main/.test(String(rules.target))
  if (query === undefined || isForServer || !(await session.knows(file))) return
  throw publishedQueryError(query, file, session, issuerOf(rules))
}

/** Reports a manifest among the assets and removes it: in development, webpack writes assets despite errors. */
function lookAtAssets(
  compilation: Compilation,
  session: Session | undefined,
  markup: WebpackMarkup,
  context: string,
): void {
  const report = (error: unknown): void => {
    compilation.errors.push(plainError(messageOf(error)))
  }
  for (const { name, source, info } of compilation.getAssets()) {
    const { sourceFilename } = info
    const output: OutputFile = {
      name,
      content: source.source(),
      sources:
        sourceFilename === undefined ? [] : [path.resolve(context, splitQuery(sourceFilename)[0])],
    }
    try {
      refusePublished(
        session?.manifests(),
        [output],
        () => compilation.fileDependencies,
        markup.support,
      )
    } catch (error) {
      compilation.deleteAsset(name)
      report(error)
    }
    // A page that could not be made shows the error, which may quote a reference.
    if (compilation.errors.length > 0) continue
    try {
      markup.refuseLeftOver(output, session?.manifests(), compilation.fileDependencies)
    } catch (error) {
      report(error)
    }
  }
}

/** Tells the compiler which stamps changed: watchers commonly ignore node_modules, where they are. */
function tellChanged(compiler: Compiler, files: readonly string[]): void {
  if (files.length === 0) return
  // Rspack rebuilds what depends on these. webpack reads files whose timestamp it does not know.
  compiler.modifiedFiles = new Set([...(compiler.modifiedFiles ?? []), ...files])
  for (const file of files) compiler.fileTimestamps?.delete?.(file)
  compiler.inputFileSystem?.purge?.([...files])
}

function rulesOf(context: NativeBuildContext | undefined): ModuleRules {
  const isHere = context?.framework === 'webpack' || context?.framework === 'rspack'
  return (isHere ? context.loaderContext : undefined) ?? {}
}

/** Whether an instance of this plugin includes a manifest. */
type Finds = (file: string) => Promise<boolean>

/** A property of the compiler, which all instances share, also those from two copies of this package. */
const NEIGHBOURS: unique symbol = Symbol.for('unplugin-imagegen neighbours')

/** A compiler that may have several instances of this plugin. */
export interface WithNeighbours {
  [NEIGHBOURS]?: Finds[]
}

/**
 * Lets the instances of this plugin in one compiler know each other: webpack runs all their loaders for every manifest.
 *
 * @returns whether this instance answers for a manifest: the first one that includes it does. The first instance reports
 * a manifest that none includes.
 */
export function joinNeighbours(compiler: WithNeighbours, finds: Finds): Finds {
  const all = (compiler[NEIGHBOURS] ??= [])
  all.push(finds)
  return async (file) => {
    if (all.length === 1) return true
    for (const other of all) if (await other(file)) return other === finds
    return all[0] === finds
  }
}

/** How code requests a picture's URL, by a path that is escaped already. */
type PictureRequest = (specifier: string) => string

/**
 * webpack and Rspack: an inline match resource makes the file an asset, whatever rules the user has. It survives the
 * persistent cache and rebuilds of a watcher, in which `emitFile` loses the file.
 */
const pictureRequest: PictureRequest = (specifier) =>
  `${specifier}.webpack[asset/resource]!=!${specifier}`

/**
 * Next with webpack: with a query. Next's App Router makes a second module for the browser of each file with a picture's
 * extension, and so would emit all pictures of a manifest.
 */
export const nextPictureRequest: PictureRequest = (specifier) =>
  `${pictureRequest(specifier)}?imagegen`

export function webpackUrl(folder: string, requestOf: PictureRequest = pictureRequest): AssetUrlOf {
  return ({ file }, variable) => {
    const request = requestOf(webpackRequest(relativeSpecifier(folder, file)))
    return {
      statement: `import ${variable} from ${JSON.stringify(request)}`,
      expression: variable,
    }
  }
}

/** Escapes a path for webpack and Rspack: a bare `#` would start a fragment. */
export function webpackRequest(specifier: string): string {
  return specifier.replaceAll('#', '\0#')
}
