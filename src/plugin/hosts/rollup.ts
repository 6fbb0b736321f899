import type { AssetUrlOf } from '../../emit/module.ts'
import { checkHostVersion } from '../host-version.ts'
import { MANIFEST_ID, parseModuleId } from '../module-id.ts'
import type { HostFacts } from '../session/host-facts.ts'
import { type Session, startWatched } from '../session/session.ts'
import { createClaims } from './claims.ts'
import {
  type Bundle,
  type Emitter,
  type References,
  emitRenditions,
  isNamedInCode,
  removeUnused,
  renderedModules,
} from './emitted-assets.ts'
import { withLastLook } from './last-look.ts'
import { moduleCode } from './module-code.ts'

/** What the hook contexts of Rollup and Rolldown share. */
interface HookContext extends Emitter {
  readonly meta: { readonly rollupVersion: string; readonly rolldownVersion?: string }
  addWatchFile(file: string): void
  resolve(
    specifier: string,
    importer: string | undefined,
    options: { skipSelf: boolean },
  ): Promise<{ id: string; external: boolean | 'absolute' | 'relative' } | null>
}

interface LoadResult {
  code: string
  map: { mappings: '' }
  moduleType: 'js'
  moduleSideEffects: false
}

/** The hooks that Rollup and Rolldown both take. */
export interface RollupHooks {
  options<Input extends { plugins?: unknown }>(options: Input): Input
  buildStart(this: HookContext, options: object): Promise<void>
  resolveId: {
    filter: { id: RegExp }
    handler(
      this: HookContext,
      source: string,
      importer: string | undefined,
      options: object,
    ): Promise<string | undefined>
  }
  load: {
    filter: { id: RegExp }
    handler(this: HookContext, id: string): Promise<LoadResult | undefined>
  }
  buildEnd(): Promise<void>
  generateBundle(options: object, bundle: Bundle): void
}

/**
 * Rollup and Rolldown. Each build, also in watch mode, starts a new session that sees all changes. What builds share is
 * in the cache folder.
 */
export function rollupHost(begin: (facts: HostFacts) => Session): RollupHooks {
  const claims = createClaims()
  /** The renditions of each image's module. A module that a watcher did not reload keeps them. */
  const renditions = new Map<string, readonly string[]>()
  let build: { readonly session: Session; readonly root: string } | undefined

  /** Parallel builds may share this plugin: what differs between them is in a hook's context. */
  const current = (): NonNullable<typeof build> => {
    if (build === undefined) throw new Error('The bundler has not begun a build.')
    return build
  }

  return {
    options: (options) =>
      withLastLook(options, () => {
        const { session, root } = current()
        return { project: session.manifests(), root }
      }),

    async buildStart(options) {
      checkVersion(this.meta)
      const root = rootOf(options)
      const session = begin({
        start: root,
        mode: process.env['NODE_ENV'] ?? 'production',
        kind: 'build',
        keepsModules: false,
      })
      build = { session, root }
      await startWatched(session, (file) => this.addWatchFile(file))
    },

    resolveId: {
      filter: { id: MANIFEST_ID },
      handler(source, importer, options) {
        return claims.resolve(
          source,
          importer,
          current().session,
          (specifier) => this.resolve(specifier, importer, { ...options, skipSelf: true }),
          // Rollup does not know where the output runs.
          'client',
        )
      },
    },

    load: {
      filter: { id: MANIFEST_ID },
      async handler(id) {
        const { session, root } = current()
        const ours = parseModuleId(id)
        if (ours === undefined || !(await claims.has(id, session))) return undefined
        const loaded = await session.load(ours)
        for (const file of loaded.files) this.addWatchFile(file)
        const references = emitRenditions(loaded, this, root)
        const code = moduleCode(ours, loaded, rollupUrl(references))
        renditions.set(id, [...references.keys()])
        return {
          code,
          // References depend on the order in which files are emitted: a source map would differ from build to build.
          map: { mappings: '' },
          // Rolldown would derive the type from the file's extension.
          moduleType: 'js',
          moduleSideEffects: false,
        }
      },
    },

    async buildEnd() {
      await build?.session.rest()
    },

    generateBundle(_, bundle) {
      const { session, root } = current()
      const folder = session.images()?.folder
      if (folder === undefined) return
      const emitted = new Set([...renditions.values()].flat())
      const used = new Set([...renderedModules(bundle)].flatMap((id) => renditions.get(id) ?? []))
      // Another instance of this plugin may have emitted the same file.
      const isUsed = (rendition: string, name: string): boolean =>
        !emitted.has(rendition) || used.has(rendition) || isNamedInCode(name, bundle)
      removeUnused(bundle, isUsed, folder, root)
    },
  }
}

/** Rolldown also reports the version of Rollup that it is compatible with. */
function checkVersion({ rollupVersion, rolldownVersion }: HookContext['meta']): void {
  if (rolldownVersion === undefined) checkHostVersion('Rollup', rollupVersion)
  else checkHostVersion('Rolldown', rolldownVersion)
}

/** Rolldown has a root; Rollup only has the working directory. */
function rootOf(options: object): string {
  return 'cwd' in options && typeof options.cwd === 'string' ? options.cwd : process.cwd()
}

/** Rollup and Rolldown write the URL of an emitted file for each output format; a plain import would fail. */
export function rollupUrl(references: References): AssetUrlOf {
  return ({ file }) => ({
    statement: '',
    expression: `import.meta.ROLLUP_FILE_URL_${references.get(file)}`,
  })
}
