import path from 'node:path'
import type { AssetUrlOf } from '../../emit/module.ts'
import { toPosix } from '../../shared/files.ts'
import { checkHostVersion } from '../host-version.ts'
import type { HostFacts } from '../session/host-facts.ts'
import { MANIFEST_ID, parseModuleId, splitQuery } from '../module-id.ts'
import { plainError, plainly } from '../plain-error.ts'
import { publishedError } from '../published-manifests.ts'
import type { Session } from '../session/session.ts'
import { moduleCode } from './module-code.ts'

/** The part of Bun's plugin interface that this file uses. */
export interface BunBuild {
  readonly config?: { readonly root?: string } | undefined
  onStart(run: () => Promise<void>): unknown
  onResolve(
    constraints: { filter: RegExp },
    resolve: (request: Request) => Promise<Resolved | undefined> | Resolved,
  ): unknown
  onLoad(
    constraints: { filter: RegExp; namespace: string },
    load: (module: { path: string }) => Promise<Loaded>,
  ): unknown
}

interface Request {
  readonly path: string
  readonly importer: string
  /** `internal`: HTML or CSS names a file. */
  readonly kind: string
}

interface Resolved {
  readonly path: string
  readonly namespace: string
}

interface Loaded {
  readonly contents: string
  readonly loader: 'js'
}

const IMAGES = 'imagegen'

/**
 * Bun's bundler. The module of a manifest is the file itself, and its images are in a namespace of the plugin. Bun
 * resolves the user's imports: a plugin cannot call its resolver.
 */
export function bunHost(build: BunBuild, begin: (facts: HostFacts) => Session): void {
  checkHostVersion('Bun', process.versions['bun'])
  const root = path.resolve(build.config?.root ?? process.cwd())
  let starting: Promise<Session> | undefined

  build.onStart(async () => {
    starting = start()
    await starting
  })

  build.onResolve({ filter: /\.image\.ya?ml\?image=/i }, ({ path: request, importer }) => ({
    // Bun copies paths in namespaces into comments and source maps.
    path: toPosix(path.relative(root, path.resolve(path.dirname(importer), request))),
    namespace: IMAGES,
  }))

  // Renditions, by name only: absolute paths would end up in source maps.
  build.onResolve({ filter: /^\.\/[^/]+-[0-9a-f]{16}\.\w+$/ }, async (request) => {
    const folder = (await starting)?.images()?.folder
    if (folder === undefined || !MANIFEST_ID.test(request.importer)) return undefined
    return { path: path.join(folder, path.basename(request.path)), namespace: 'file' }
  })

  // A picture in HTML or CSS would lead to the plugin's module.
  build.onResolve({ filter: MANIFEST_ID }, async ({ path: request, importer, kind }) => {
    if (kind !== 'internal' && kind !== 'url-token') return undefined
    const session = await (starting ??= start())
    const manifest = path.resolve(path.dirname(importer), splitQuery(request)[0])
    if (!(await session.includes(manifest))) return undefined
    const from = toPosix(path.relative(root, importer))
    const way = `because ${from} asks for it by its URL`
    const error = publishedError({ manifest, way }, session.manifests()?.root ?? root, [importer])
    throw plainError(error.message)
  })

  build.onLoad({ filter: /\.image\.ya?ml$/i, namespace: 'file' }, ({ path: id }) => load(id))
  build.onLoad({ filter: /.*/, namespace: IMAGES }, ({ path: id }) => load(path.resolve(root, id)))

  async function load(id: string): Promise<Loaded> {
    const session = await (starting ??= start())
    const ours = parseModuleId(id)
    if (ours === undefined) throw new Error(`${id} is no manifest.`)
    return { contents: moduleCode(ours, await session.load(ours), bunUrl), loader: 'js' }
  }

  async function start(): Promise<Session> {
    const session = begin({
      start: root,
      mode: process.env['NODE_ENV'] ?? 'production',
      kind: 'build',
      keepsModules: false,
    })
    await plainly(session.start())
    return session
  }
}

/** Imports a rendition by name only, as on esbuild. The attribute makes the file an asset, whatever its extension. */
export const bunUrl: AssetUrlOf = ({ file }, variable) => ({
  statement: `import ${variable} from ${JSON.stringify(`./${path.basename(file)}`)} with { type: 'file' }`,
  expression: variable,
})
