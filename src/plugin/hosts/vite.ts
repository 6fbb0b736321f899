import path from 'node:path'
import type { Plugin, ResolvedConfig, Rolldown } from 'vite'
import { relativeSpecifier, type AssetUrlOf } from '../../emit/module.ts'
import { messageOf } from '../../shared/errors.ts'
import { installedVersion } from '../../shared/package-version.ts'
import { printable } from '../../shared/plain-text.ts'
import { checkHostVersion } from '../host-version.ts'
import { MANIFEST_ID, parseModuleId } from '../module-id.ts'
import { refusePublic } from '../published-manifests.ts'
import type { HostFacts, HostKind } from '../session/host-facts.ts'
import type { Generating } from '../session/background.ts'
import { type Session, startWatched } from '../session/session.ts'
import { createClaims } from './claims.ts'
import {
  RENDITIONS,
  type References,
  emitRenditions,
  removeUnused,
  usedByGraph,
} from './emitted-assets.ts'
import { withLastLook } from './last-look.ts'
import { moduleCode } from './module-code.ts'
import { withoutLeftBehind } from './left-behind.ts'
import { type CrxHooks, crxCacheProblem, withoutCopiedManifests } from './vite-crx.ts'
import { reloadsBlankPages, VITE_CLIENT } from './vite-blank-page.ts'
import { printStudio, redirectToStudio, type StudioApi } from './vite-studio.ts'
import { createViteMarkup, type MarkupProject } from './vite-markup.ts'
import { reload, showProblem } from './vite-reload.ts'
import { createUnreachable, renditionsIn } from './vite-unreachable.ts'
import { refuseAsPicture } from './vite-unresolved.ts'
import { addToWorkers } from './vite-workers.ts'

/** Matches renditions as the plugin's modules import them in a dev server. */
const RENDITION_ID = /[/\\]renditions[/\\][^/\\]+\?url&no-inline$/

const NAMES_MANIFEST = /\.image\.ya?ml/i
const NAMES_MANIFEST_OR_IS_CLIENT = /\.image\.ya?ml|\bcreateHotContext\b/i

/** What frameworks ask the plugin of their dev server, and plugins of this kind ask each other. */
interface ViteApi extends StudioApi {
  readonly generating: Generating
  leaveGenerating(this: void, to: Generating): void
  /** The renditions that HTML, CSS and `new URL` name, absolute: for other plugins of this kind in the same build. */
  named(this: void): Iterable<string>
}

/** Lets a plugin that `viteHost` made generate nothing: another one, in the same dev server, does. */
export function leaveGenerating(plugin: Pick<Plugin, 'api'>, to: Pick<Plugin, 'api'>): void {
  const { leaveGenerating: leave } = plugin.api as ViteApi
  leave((to.api as ViteApi).generating)
}

/** The renditions that a plugin of a build names in markup, if it is one of this kind. */
function namedIn({ name, api }: Pick<Plugin, 'name' | 'api'>): readonly string[] {
  return name === 'unplugin-imagegen' ? [...(api as ViteApi).named()] : []
}

/** What belongs to a configuration. */
interface Begun extends MarkupProject {
  /** Whether only a worker has the plugin, not the page's build. */
  readonly isWorkers: boolean
}

/** Vite: one plugin for its build, its dev server and all of its environments. */
export function viteHost(begin: (facts: HostFacts) => Session): Partial<Plugin> {
  const claims = createClaims()
  const unreachable = createUnreachable()
  const markup = createViteMarkup()
  // One plugin may serve several configurations: of a build's environments, and of a dev server after a restart. Vite and
  // frameworks pass on copies of them, which keep a property.
  const key = Symbol('unplugin-imagegen')
  type Marked = ResolvedConfig & { [key]?: Begun }
  let newest: Begun | undefined
  const begunFor = (config: Marked | undefined): Begun => {
    // A copy without the property most likely comes from the configuration that was resolved last.
    const begun = config?.[key] ?? newest
    if (begun === undefined) throw new Error('Vite has not resolved this configuration.')
    return begun
  }
  const sessionOf = (config: ResolvedConfig): Session => begunFor(config).session
  /** Whether a worker is bundled for a page of this plugin: the page's build starts and ends the session. */
  const isForPage = (config: ResolvedConfig): boolean =>
    config.isWorker && !begunFor(config).isWorkers
  let inBuild: { readonly plugin: Plugin; readonly plugins: readonly Plugin[] } | undefined
  /** Dev servers that read their images only once they listen. */
  const listeningLater = new WeakSet<Session>()
  const isRendition = (id: string, config: ResolvedConfig): boolean =>
    RENDITION_ID.test(id) && path.dirname(path.normalize(id)) === sessionOf(config).images()?.folder
  let serve: (session: Session) => void = () => undefined
  const serving = new Promise<Session>((resolve) => {
    serve = resolve
  })
  let generating: Generating | undefined
  const newsListeners: Array<() => void> = []
  const api: ViteApi = {
    studio: async () => (await serving).studio.address(),
    generating: {
      outlook: () => newest?.session.outlook(),
      onNews: (listener) => void newsListeners.push(listener),
    },
    leaveGenerating(to) {
      generating = to
      to.onNews(() => void newest?.session.refresh())
    },
    named: () => markup.renditions(),
  }
  const hooks: Partial<Plugin> & CrxHooks = {
    api,

    config: (config) => addToWorkers(config, () => inBuild),

    configResolved(config: Marked) {
      checkVersion(config)
      // A worker's configuration is a copy of its page's.
      if (config.isWorker && config[key] !== undefined) return
      const plugin = config.plugins.find((each) => each.configResolved === hooks.configResolved)
      if (plugin !== undefined) inBuild = { plugin, plugins: config.plugins }
      const session = begin({
        start: config.root,
        mode: config.mode,
        configMode: config.mode,
        kind: kindOf(config, plugin),
        envDir: config.envDir === false ? undefined : config.envDir,
        keepsModules: false,
        printsStudio: true,
        generating,
        onNews() {
          for (const listener of newsListeners) listener()
        },
      })
      if (config.command === 'serve') ignoreStore(config, session)
      newest = { config, session, isWorkers: config.isWorker }
      config[key] = newest
    },

    async buildStart() {
      const config = this.environment.getTopLevelConfig()
      if (isForPage(config)) return
      const session = sessionOf(config)
      const begin = async (): Promise<void> => {
        if (copiesPublicDir(config)) await refusePublic(config.publicDir, session)
        await (listeningLater.has(session) ? session.prepare() : session.start())
      }
      await startWatched(session, (file) => this.addWatchFile(file), begin)
    },

    async watchChange(file) {
      await sessionOf(this.environment.getTopLevelConfig()).changed(path.normalize(file))
    },

    hotUpdate({ file, type, modules }) {
      const session = sessionOf(this.environment.getTopLevelConfig())
      // Vite retries unresolved imports for each new file, and reloads their pages.
      if (type === 'create' && session.makesFile(path.normalize(file))) return []
      const kept = withoutLeftBehind(modules, this.environment.moduleGraph)
      return kept.length === modules.length ? undefined : kept
    },

    configureServer(server) {
      const session = sessionOf(server.config)
      const { httpServer } = server
      if (httpServer !== null) {
        listeningLater.add(session)
        // After other listeners have been told. A page that loads earlier triggers this by itself.
        httpServer.once('listening', () => setImmediate(() => void lookAt(session, server.config)))
      }
      const showProblems = (): void => {
        for (const problem of session.problems().values()) showProblem(server, problem)
      }
      session.onUpdate((modules) => {
        reload(server, modules)
          // The update removes the overlay, also that of other images.
          .then(showProblems)
          .catch((error: unknown) => server.config.logger.error(printable(messageOf(error))))
      })
      session.onProblem((problem) => showProblem(server, problem))
      printStudio(server, session)
      if (server.config.server.watch !== null) serve(session)
      server.middlewares.use(redirectToStudio(session, server.config.base))
      server.middlewares.use(
        refuseAsPicture(session, server.config, markup.support, (problem) => {
          server.config.logger.error(problem.message, { timestamp: true })
          showProblem(server, problem)
        }),
      )
      server.ws.on('connection', showProblems)
    },

    resolveId: {
      filter: { id: MANIFEST_ID },
      handler(source, importer, options) {
        const session = sessionOf(this.environment.getTopLevelConfig())
        return claims.resolve(
          source,
          importer,
          session,
          (specifier) => this.resolve(specifier, importer, { ...options, skipSelf: true }),
          this.environment.config.consumer,
        )
      },
    },

    load: {
      // Before plugins that claim every picture, wherever they are in the list.
      order: 'pre',
      filter: { id: [MANIFEST_ID, RENDITION_ID] },
      async handler(id) {
        const config = this.environment.getTopLevelConfig()
        if (isRendition(id, config)) return vitesOwnAsset(this, config, id)
        const session = sessionOf(config)
        const ours = parseModuleId(id)
        if (ours === undefined || !(await claims.has(id, session))) return undefined
        const loaded = await session.load(ours)
        if (this.meta.watchMode) for (const file of loaded.files) this.addWatchFile(file)
        const isBuild = config.command === 'build'
        const references: References = isBuild
          ? emitRenditions(loaded, this, config.root)
          : new Map()
        const urlOf = isBuild ? viteBuildUrl(references) : viteUrl(path.dirname(ours.file))
        const code = moduleCode(ours, loaded, urlOf)
        return {
          code,
          meta: { [RENDITIONS]: [...references.keys()] },
          // References depend on the order in which files are emitted: a source map would differ from build to build.
          map: isBuild ? { mappings: '' } : null,
          // Rolldown would derive the type from the file's extension.
          moduleType: 'js',
          moduleSideEffects: false,
        }
      },
    },

    transform: {
      // The second part is in Vite's client.
      filter: { code: NAMES_MANIFEST_OR_IS_CLIENT },
      async handler(code, id) {
        if (VITE_CLIENT.test(id)) {
          const reloading = this.environment.mode === 'dev' ? reloadsBlankPages(code) : undefined
          return reloading === undefined ? undefined : { code: reloading, map: null }
        }
        if (!NAMES_MANIFEST.test(code) || parseModuleId(id) !== undefined) return undefined
        const config = this.environment.getTopLevelConfig()
        return markup.transformModule(this, code, id, begunFor(config))
      },
    },

    transformIndexHtml: markup.transformPage(begunFor),

    renderCrxDevScript: withoutCopiedManifests,

    options(options) {
      const config = this.environment?.getTopLevelConfig()
      if (config?.command !== 'build') return undefined
      return withLastLook(options, () => ({
        project: sessionOf(config).manifests(),
        root: config.root,
        support: markup.support,
      }))
    },

    // Before Vite's own hook, which lists the files in its manifest.
    generateBundle(_, bundle) {
      const config = this.environment.getTopLevelConfig()
      const images = sessionOf(config).images()
      if (images === undefined) return
      const used = usedByGraph(bundle, this, images)
      if (used !== undefined) {
        const named = new Set(config.plugins.flatMap(namedIn))
        const isUsed = (rendition: string): boolean => used.has(rendition) || named.has(rendition)
        removeUnused(bundle, isUsed, images.folder, config.root)
      }
      if (config.isWorker) return
      const { consumer, build } = this.environment.config
      unreachable.report(renditionsIn(bundle, images.folder, config.root), {
        config,
        consumer,
        emitAssets: build.emitAssets,
      })
    },

    async buildEnd() {
      const config = this.environment.getTopLevelConfig()
      if (!isForPage(config)) await sessionOf(config).rest()
    },

    closeBundle() {
      // A build goes on with its next environment.
      if (this.environment.mode === 'dev') sessionOf(this.environment.getTopLevelConfig()).close()
    },
  }
  return hooks
}

/**
 * React Router and Remix read the exports of routes through a dev server of their own, beside the one that serves pages.
 * They pass it every plugin of the project without the hooks that serve pages.
 *
 * @see https://github.com/remix-run/react-router/blob/main/packages/react-router-dev/vite/plugin.ts `viteChildCompiler`
 */
function kindOf({ command, server }: ResolvedConfig, plugin: Plugin | undefined): HostKind {
  if (command === 'build') return 'build'
  if (plugin !== undefined && plugin.configureServer === undefined) return 'child'
  return server.watch === null ? 'unattended' : 'live'
}

/** The first look at a project, and what makes its pictures fail in this dev server. */
async function lookAt(session: Session, config: ResolvedConfig): Promise<void> {
  await session.look()
  const images = session.images()
  const problem = images && crxCacheProblem(config, images.folder)
  if (problem !== undefined) config.logger.warn(`[imagegen] ${printable(problem)}`)
}

/** Whether a build copies the public folder. Astro leaves that to the last of several environments. */
function copiesPublicDir({ command, publicDir, environments }: ResolvedConfig): boolean {
  if (command !== 'build' || publicDir === '') return false
  return Object.values(environments).some(({ build }) => build.copyPublicDir)
}

/** Vite has environments since version 6, and tells plugins its version since version 7. */
function checkVersion(config: Pick<ResolvedConfig, 'root'>): void {
  if ('environments' in config) return
  checkHostVersion('Vite', installedVersion('vite', path.join(config.root, 'package.json')))
}

/** Excludes locks and temporary files, which change constantly; receipts and pictures are in the store's folder itself. */
function ignoreStore({ server }: ResolvedConfig, session: Session): void {
  if (server.watch === null) return
  const ignored = (file: string): boolean => session.isUnseen(path.normalize(file))
  server.watch = { ...server.watch, ignored: [server.watch?.ignored ?? [], ignored].flat() }
}

type Load = Extract<NonNullable<Plugin['load']>, (...args: never[]) => unknown>

/**
 * Loads a file that is imported by its URL as Vite's dev server does. Plugins such as vite-imagetools, and with it
 * SvelteKit's `enhancedImages()`, claim every picture with a query and would encode it again; only a plugin that runs
 * before them can keep Vite's result.
 *
 * @returns undefined if Vite has no such plugin; the host then asks the next one.
 * @see https://github.com/vitejs/vite/blob/main/packages/vite/src/node/plugins/asset.ts `assetPlugin`
 */
export async function vitesOwnAsset(
  context: ThisParameterType<Load>,
  { plugins }: Pick<ResolvedConfig, 'plugins'>,
  id: string,
): Promise<Rolldown.LoadResult> {
  const load = plugins.find(({ name }) => name === 'vite:asset')?.load
  return (typeof load === 'object' ? load.handler : load)?.call(context, id)
}

/**
 * Vite's dev server serves files where they are. Without `no-inline` it would inline small ones.
 *
 * @param folder of the manifest: absolute paths would end up in source maps.
 */
export function viteUrl(folder: string): AssetUrlOf {
  return ({ file }, variable) => ({
    statement: `import ${variable} from ${JSON.stringify(`${relativeSpecifier(folder, file)}?url&no-inline`)}`,
    expression: variable,
  })
}

/**
 * Vite's builds: what `?url` becomes in a chunk, so `base`, `renderBuiltUrl` and library mode apply. A module per file,
 * which `?url` needs, would take longer than everything else that the plugin does.
 *
 * @see https://github.com/vitejs/vite/blob/main/packages/vite/src/node/plugins/asset.ts `assetUrlRE`
 */
export function viteBuildUrl(references: References): AssetUrlOf {
  return ({ file }, variable) => ({
    // Vite requires double quotes: it closes the string around a URL that is only known at run time.
    statement: `const ${variable} = "__VITE_ASSET__${references.get(file)}__"`,
    expression: variable,
  })
}
