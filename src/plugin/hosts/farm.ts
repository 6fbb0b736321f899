import path from 'node:path'
import type { UnpluginOptions } from 'unplugin'
import { relativeSpecifier, type AssetUrlOf } from '../../emit/module.ts'
import type { HostFacts } from '../session/host-facts.ts'
import { MANIFEST_ID, parseModuleId, publishingQuery, splitQuery } from '../module-id.ts'
import { plainError, plainly } from '../plain-error.ts'
import { publishedError, refusePublic } from '../published-manifests.ts'
import type { Session } from '../session/session.ts'
import { moduleCode } from './module-code.ts'

/** The part of Farm's configuration that this file reads. */
interface FarmConfig {
  readonly root?: string
  readonly compilation?: {
    readonly assets?: { readonly publicDir?: string | undefined }
    readonly output?: { readonly targetEnv?: string | undefined }
  }
}

interface Request {
  readonly source: string
  /** Relative to the root. */
  readonly importer: string | null
  /** An entry has an object. */
  readonly kind: unknown
}

interface Resolver {
  resolve(
    request: Request,
    how: { readonly meta: object; readonly caller: string },
  ): Promise<{ readonly resolvedPath: string; readonly external?: boolean } | null | undefined>
}

const NAME = 'unplugin-imagegen'

/** Farm's builds, through the hooks that all hosts of unplugin share. Each build starts a new session. */
export function farmHost(
  begin: (facts: HostFacts) => Session,
): Required<Pick<UnpluginOptions, 'buildStart' | 'load' | 'farm'>> {
  let root = process.cwd()
  let publicDir: string | undefined
  let isForServer = false
  let session: Session | undefined
  /** Requests that Farm resolves for this plugin. It does not name the caller where CSS asks. */
  const resolving = new Set<string>()

  /** @throws if a request would put a manifest's text into the output, or a page would load a module as a picture. */
  async function refuse(request: Request, resolver: Resolver): Promise<void> {
    const key = JSON.stringify(request)
    if (session === undefined || resolving.has(key) || !isPublishing(request, isForServer)) return
    resolving.add(key)
    const found = await resolver.resolve(request, { meta: {}, caller: NAME }).finally(() => {
      resolving.delete(key)
    })
    const manifest = splitQuery(found?.resolvedPath ?? '')[0]
    if (manifest === '' || found?.external === true || !(await session.includes(manifest))) return
    const importer = path.resolve(root, request.importer ?? '')
    const way = `because ${request.importer ?? 'an entry'} asks for the file itself`
    const projectRoot = session.manifests()?.root ?? root
    throw plainError(publishedError({ manifest, way }, projectRoot, [importer]).message)
  }

  return {
    farm: {
      // Formats that Farm does not treat as assets by default.
      config: () => ({ compilation: { assets: { include: ['avif', 'jxl'] } } }),
      configResolved(config: FarmConfig) {
        root = config.root ?? root
        const { assets, output } = config.compilation ?? {}
        publicDir = assets?.publicDir
        isForServer = /node/.test(output?.targetEnv ?? '')
      },
      // Farm turns `new URL()` into an import with `?url`.
      resolve: {
        filters: { importers: ['.*'], sources: [MANIFEST_ID.source] },
        async executor(request: Request, resolver?: Resolver) {
          if (resolver !== undefined) await refuse(request, resolver)
          return null
        },
      },
    },

    async buildStart() {
      const started = begin({
        start: root,
        mode: process.env['NODE_ENV'] ?? 'production',
        kind: 'build',
        keepsModules: false,
      })
      session = started
      const folder = publicDir === undefined ? undefined : path.resolve(root, publicDir)
      if (folder !== undefined) await plainly(refusePublic(folder, started))
      await plainly(started.start())
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

/** Whether a request is for the text or the URL of a manifest. Code for a server is not published. */
function isPublishing({ source, kind }: Request, isForServer: boolean): boolean {
  if (!MANIFEST_ID.test(source)) return false
  if (kind === 'cssUrl' || kind === 'linkHref') return true
  return !isForServer && publishingQuery(source) !== undefined
}

/** Farm treats imported pictures as assets. */
export function farmUrl(folder: string): AssetUrlOf {
  return ({ file }, variable) => ({
    statement: `import ${variable} from ${JSON.stringify(relativeSpecifier(folder, file))}`,
    expression: variable,
  })
}
