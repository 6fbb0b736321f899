import { createUnplugin, type UnpluginInstance } from 'unplugin'
import type { Options } from './options/options.ts'
import type { HostFacts } from './plugin/host-facts.ts'
import { formatModuleId, MANIFEST_ID, parseModuleId } from './plugin/module-id.ts'
import { plainly } from './plugin/plain-error.ts'
import { createSession, type Session } from './plugin/session.ts'
import { viteHost } from './plugin/vite-host.ts'
import { webpackHost } from './plugin/webpack-host.ts'

/** The plugin for all hosts: hooks only, each a call or two. */
export const imagegen: UnpluginInstance<Options | undefined, false> = createUnplugin(
  (options, { framework }) => {
    let session: Session | undefined
    // Vite asks every plugin for every module: one with our query may be another of our plugins'.
    const claimed = new Set<string>()
    const begin = (facts: HostFacts): Session => (session = createSession(options, facts))
    return {
      name: 'unplugin-imagegen',
      enforce: 'pre',
      load: {
        filter: { id: MANIFEST_ID },
        async handler(id) {
          const ours = parseModuleId(id)
          if (ours === undefined || session === undefined) return undefined
          const isResolved = id === formatModuleId(ours)
          if (isResolved && framework === 'vite' && !claimed.has(id)) return undefined
          const watch = (file: string): void => this.addWatchFile(file)
          const { code, problem } = await plainly(session.load(ours, watch))
          // Not on Vite, where this would throw: it has an overlay.
          if (problem !== undefined && framework === 'webpack') this.error(problem.message)
          // Rolldown would take the file's ending for its type.
          return { code, map: null, moduleType: 'js', moduleSideEffects: false }
        },
      },
      vite: viteHost(begin, claimed),
      webpack: (compiler) => webpackHost(compiler, begin),
    }
  },
)
