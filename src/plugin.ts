import { createUnplugin, type UnpluginInstance } from 'unplugin'
import type { Options } from './options/options.ts'
import { MANIFEST_ID, parseModuleId } from './plugin/module-id.ts'
import { createSession } from './plugin/session.ts'
import { viteHost } from './plugin/vite-host.ts'
import { webpackHost } from './plugin/webpack-host.ts'

/** The plugin for all hosts: hooks only, each a call or two. */
export const imagegen: UnpluginInstance<Options | undefined, false> = createUnplugin(
  (options, { framework }) => {
    const session = createSession(options)
    const isVite = framework === 'vite'
    return {
      name: 'unplugin-imagegen',
      enforce: 'pre',
      // On webpack it would come too late; see the host.
      ...(isVite ? { buildStart: () => session.start() } : {}),
      load: {
        filter: { id: MANIFEST_ID },
        async handler(id) {
          const ours = parseModuleId(id, isVite ? 'required' : 'optional')
          if (ours === undefined) return undefined
          const { code, watchFiles } = await session.load(ours)
          for (const file of watchFiles) this.addWatchFile(file)
          // Rolldown would take the file's ending for its type.
          return { code, map: null, moduleType: 'js' }
        },
      },
      vite: viteHost(session),
      webpack: (compiler) => webpackHost(compiler, session),
    }
  },
)
