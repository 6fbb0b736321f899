import path from 'node:path'
import type { UnpluginOptions } from 'unplugin'
import { relativeSpecifier, type AssetUrlOf } from '../../emit/module.ts'
import type { HostFacts } from '../session/host-facts.ts'
import { MANIFEST_ID, parseModuleId } from '../module-id.ts'
import { plainly } from '../plain-error.ts'
import type { Session } from '../session/session.ts'
import { moduleCode } from './module-code.ts'

/** Farm's builds, through the hooks that all hosts of unplugin share. Each build starts a new session. */
export function farmHost(
  begin: (facts: HostFacts) => Session,
): Required<Pick<UnpluginOptions, 'buildStart' | 'load' | 'farm'>> {
  let root = process.cwd()
  let session: Session | undefined
  return {
    farm: {
      // Formats that Farm does not treat as assets by default.
      config: () => ({ compilation: { assets: { include: ['avif', 'jxl'] } } }),
      configResolved(config: { readonly root?: string }) {
        root = config.root ?? root
      },
    },

    async buildStart() {
      session = begin({
        start: root,
        mode: process.env['NODE_ENV'] ?? 'production',
        kind: 'build',
        keepsModules: false,
      })
      await plainly(session.start())
    },

    load: {
      filter: { id: MANIFEST_ID },
      async handler(id) {
        const ours = parseModuleId(id)
        if (ours === undefined || session === undefined) return undefined
        const loaded = await session.load(ours)
        for (const file of loaded.files) this.addWatchFile(file)
        const code = moduleCode(ours, loaded, farmUrl(path.dirname(ours.file)))
        return { code, map: null }
      },
    },
  }
}

/** Farm treats imported pictures as assets. */
export function farmUrl(folder: string): AssetUrlOf {
  return ({ file }, variable) => ({
    statement: `import ${variable} from ${JSON.stringify(relativeSpecifier(folder, file))}`,
    expression: variable,
  })
}
