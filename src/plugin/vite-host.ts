import path from 'node:path'
import type { Plugin, ResolvedConfig, ViteDevServer } from 'vite'
import { viteUrl } from '../emit/hosts.ts'
import { messageOf, type ImagegenError } from '../shared/errors.ts'
import type { HostFacts } from './host-facts.ts'
import {
  formatModuleId,
  MANIFEST_ID,
  parseModuleId,
  splitQuery,
  type ModuleId,
} from './module-id.ts'
import { plainly } from './plain-error.ts'
import type { Session } from './session.ts'
import { removeUnused } from './unused-assets.ts'

/** Renditions as our modules import them; the host's filter. */
const RENDITION_ID = /[/\\]renditions[/\\][^/\\]+\?url&no-inline$/

/**
 * What Vite alone has: configuration, a dev server, and assets that it emits before anybody knows who uses them.
 *
 * @param claimed takes the ids of the modules that this plugin answers for.
 */
export function viteHost(
  begin: (facts: HostFacts) => Session,
  claimed: Set<string>,
): Partial<Plugin> {
  // One plugin may serve several configurations: those of a build's environments, and a dev server's after a restart.
  const sessions = new WeakMap<ResolvedConfig, Session>()
  const sessionOf = (config: ResolvedConfig): Session => {
    const session = sessions.get(config)
    if (session === undefined) throw new Error('Vite has not resolved this configuration.')
    return session
  }
  return {
    configResolved(config) {
      const isBuild = config.command === 'build'
      const session = begin({
        start: config.root,
        mode: config.mode,
        isBuild,
        isLive: !isBuild,
        envDir: config.envDir === false ? undefined : config.envDir,
        urlOf: viteUrl,
        keepsModules: false,
      })
      sessions.set(config, session)
    },

    async buildStart() {
      const session = sessionOf(this.environment.getTopLevelConfig())
      await plainly(session.start())
      const { files, folders } = session.surroundings()
      for (const path of [...files, ...folders]) this.addWatchFile(path)
    },

    async watchChange(file) {
      await sessionOf(this.environment.getTopLevelConfig()).changed(path.normalize(file))
    },

    configureServer(server) {
      const session = sessionOf(server.config)
      const showProblems = (): void => {
        for (const problem of session.problems().values()) showProblem(server, problem)
      }
      session.onUpdate((modules) => {
        reload(server, modules)
          // The update has taken the overlay away, also that of other images.
          .then(showProblems)
          .catch((error: unknown) => server.config.logger.error(messageOf(error)))
      })
      session.onProblem((problem) => showProblem(server, problem))
      server.ws.on('connection', showProblems)
    },

    resolveId: {
      filter: { id: MANIFEST_ID },
      async handler(source, importer, options) {
        const ours = parseModuleId(source)
        if (ours === undefined) return undefined
        const [request] = splitQuery(source)
        const resolved = await this.resolve(request, importer, { ...options, skipSelf: true })
        // In dev the answer has no `external` at all.
        if (resolved === null || resolved.external) return undefined
        const [file] = splitQuery(resolved.id)
        // Another of our plugins in the same configuration may have it. Where none has, `load` says so.
        const session = sessionOf(this.environment.getTopLevelConfig())
        const isIncluded = await plainly(session.includes(path.normalize(file)))
        if (!isIncluded) return undefined
        const id = formatModuleId({ file, image: ours.image })
        claimed.add(id)
        return id
      },
    },

    transform: {
      filter: { id: RENDITION_ID },
      handler(code, id) {
        const folder = sessionOf(this.environment.getTopLevelConfig()).images()?.folder
        if (folder === undefined || path.dirname(path.normalize(id)) !== folder) return undefined
        // Vite numbers assets as they come in: in a source map that would differ from build to build.
        return { code, map: { mappings: '' } }
      },
    },

    // Before Vite's own, which writes a list of the files.
    generateBundle(_, bundle) {
      const config = this.environment.getTopLevelConfig()
      const images = sessionOf(config).images()
      if (images !== undefined) removeUnused(bundle, this, images, config.root)
    },

    closeBundle() {
      // A build has other environments to come.
      if (this.environment.mode === 'dev') sessionOf(this.environment.getTopLevelConfig()).close()
    },
  }
}

/** Sends an update for every module that shows one of these images, in every environment. */
async function reload(server: ViteDevServer, modules: readonly ModuleId[]): Promise<void> {
  for (const environment of Object.values(server.environments)) {
    for (const id of modules) {
      const module = environment.moduleGraph.getModuleById(formatModuleId(id))
      if (module === undefined) continue
      // Vite keeps what is being loaded in this moment, although an update has made it stale.
      environment.moduleGraph.invalidateModule(module)
      // Of what could never be loaded it believes that no page knows it; the page waits for it.
      if (module.isSelfAccepting === undefined) environment.hot.send({ type: 'full-reload' })
      else await environment.reloadModule(module)
    }
  }
}

/** Vite's overlay, on pages that go on with a stand-in. The update that brings the picture takes it away. */
function showProblem(server: ViteDevServer, { message }: ImagegenError): void {
  server.ws.send({ type: 'error', err: { message, stack: '', plugin: 'unplugin-imagegen' } })
}
