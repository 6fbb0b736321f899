import type { ViteDevServer } from 'vite'
import type { ImagegenError } from '../../shared/errors.ts'
import { formatModuleId, type ModuleId } from '../module-id.ts'
import type { LoadedId } from '../session/loaded-modules.ts'
import { withoutLeftBehind } from './left-behind.ts'
import { isPage } from './vite-markup.ts'

/** Sends an update for everything that shows one of these images. */
export async function reload(server: ViteDevServer, shown: readonly LoadedId[]): Promise<void> {
  const namers = new Set(shown.flatMap(({ by }) => by ?? []))
  if ([...namers].some(isPage)) {
    // It shows everything as it is now. Vite knows no page by the file of its HTML: any path may lead to one.
    for (const { by, ...id } of shown) invalidate(server, by ?? formatModuleId(id))
    server.ws.send({ type: 'full-reload', path: '*' })
    return
  }
  await reloadModules(
    server,
    shown.filter(({ by }) => by === undefined),
  )
  for (const by of namers) await reloadNamer(server, by)
}

function invalidate(server: ViteDevServer, id: string): void {
  for (const { moduleGraph } of Object.values(server.environments)) {
    const module = moduleGraph.getModuleById(id)
    if (module !== undefined) moduleGraph.invalidateModule(module)
  }
}

/** Reloads a style sheet, or code with `new URL`. */
async function reloadNamer(server: ViteDevServer, id: string): Promise<void> {
  for (const environment of Object.values(server.environments)) {
    const module = environment.moduleGraph.getModuleById(id)
    if (module === undefined) continue
    environment.moduleGraph.invalidateModule(module)
    // It failed when it was loaded, so Vite does not know who waits for it.
    if (module.isSelfAccepting === undefined) environment.hot.send({ type: 'full-reload' })
    else await environment.reloadModule(module)
  }
}

/** Sends an update for each module that shows one of these images, in each environment. */
async function reloadModules(server: ViteDevServer, modules: readonly ModuleId[]): Promise<void> {
  let isOnlyOnServer = false
  for (const id of modules) {
    const showing = Object.values(server.environments).flatMap((environment) => {
      const module = environment.moduleGraph.getModuleById(formatModuleId(id))
      const shown = withoutLeftBehind(module === undefined ? [] : [module], environment.moduleGraph)
      return shown.map((each) => ({ environment, module: each }))
    })
    for (const { environment, module } of showing) {
      // Vite caches the result of a load that is under way, although an update has made it stale.
      environment.moduleGraph.invalidateModule(module)
      // Vite assumes that no page imports a module that never loaded, but the page waits for it.
      if (module.isSelfAccepting === undefined) environment.hot.send({ type: 'full-reload' })
      else await environment.reloadModule(module)
    }
    // A module that only a server imports is on the pages that it has rendered.
    const isOnPages = showing.length > 0
    const isInBrowser = showing.some(({ environment }) => environment.name === 'client')
    if (isOnPages && !isInBrowser) isOnlyOnServer = true
  }
  if (isOnlyOnServer) server.ws.send({ type: 'full-reload' })
}

/** Shows Vite's overlay on pages that go on with a placeholder. The update that brings the image removes it. */
export function showProblem(server: ViteDevServer, { message }: ImagegenError): void {
  server.ws.send({ type: 'error', err: { message, stack: '', plugin: 'unplugin-imagegen' } })
}
