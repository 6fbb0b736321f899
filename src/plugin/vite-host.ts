import path from 'node:path'
import type { EnvironmentModuleNode, Plugin, ViteDevServer } from 'vite'
import { viteUrl } from '../emit/hosts.ts'
import { messageOf } from '../shared/errors.ts'
import { toPosix } from '../shared/files.ts'
import { formatModuleId, MANIFEST_ID, parseModuleId, splitQuery, type ModuleId } from './module-id.ts'
import type { Session } from './session.ts'

/** What Vite alone has: configuration, a dev server, and assets that it emits before anybody knows who uses them. */
export function viteHost(session: Session): Partial<Plugin> {
  return {
    configResolved(config) {
      const isBuild = config.command === 'build'
      session.configure({
        start: config.root,
        mode: config.mode,
        isBuild,
        isLive: !isBuild,
        envDir: config.envDir === false ? undefined : config.envDir,
        urlOf: viteUrl,
        keepsModules: false,
      })
    },

    configureServer(server) {
      const changed = (file: string): void => {
        if (MANIFEST_ID.test(file) || isWatched(file, server)) session.changed(path.normalize(file))
      }
      for (const event of ['add', 'change', 'unlink'] as const) server.watcher.on(event, changed)
      session.onUpdate((images) => {
        reload(server, images).catch((error: unknown) =>
          server.config.logger.error(messageOf(error)),
        )
      })
      server.httpServer?.on('close', () => session.close())
    },

    resolveId: {
      filter: { id: MANIFEST_ID },
      async handler(source, importer, options) {
        const ours = parseModuleId(source, 'optional')
        if (ours === undefined) return undefined
        const [request] = splitQuery(source)
        const resolved = await this.resolve(request, importer, { ...options, skipSelf: true })
        if (resolved === null || resolved.external !== false) return undefined
        const [file] = splitQuery(resolved.id)
        return formatModuleId({ file, image: ours.image })
      },
    },

    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const folder = session.renditionFolder()
        if (folder === undefined) return
        const root = this.environment.config.root
        const code = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? [file.code] : []))
        for (const [name, file] of Object.entries(bundle)) {
          if (file.type !== 'asset') continue
          const isOurs = file.originalFileNames.some(
            (original) => path.dirname(path.resolve(root, original)) === folder,
          )
          // Vite emits what is loaded, also for modules that fall away afterwards.
          if (isOurs && !code.some((text) => text.includes(path.posix.basename(name)))) {
            delete bundle[name]
          }
        }
      },
    },
  }
}

/** Whether a module of ours depends on a file: references, `source` and `composite` files, the configuration. */
function isWatched(file: string, server: ViteDevServer): boolean {
  if (/[/\\]imagegen\.config\.(?:ts|js|mjs|json)$/.test(file)) return true
  // A command beside the dev server has made something.
  if (/[/\\]\.imagegen[/\\][^/\\]+\.json$/.test(file)) return true
  return Object.values(server.environments).some((environment) =>
    [...(environment.moduleGraph.getModulesByFile(toPosix(file)) ?? [])].some((module) =>
      [...module.importers].some(isOurModule),
    ),
  )
}

function isOurModule(module: EnvironmentModuleNode): boolean {
  return module.id !== null && parseModuleId(module.id, 'required') !== undefined
}

/** Sends an update for every module that shows one of these images, in every environment. */
async function reload(server: ViteDevServer, images: readonly ModuleId[]): Promise<void> {
  for (const environment of Object.values(server.environments)) {
    for (const image of images) {
      const module = environment.moduleGraph.getModuleById(formatModuleId(image))
      if (module !== undefined) await environment.reloadModule(module)
    }
  }
}
