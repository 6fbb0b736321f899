import path from 'node:path'
import { toPosix } from '../../shared/files.ts'
import { release } from '../../shared/release.ts'
import type { NextHost } from './host.ts'

/** Next's configuration as far as it is extended here. */
interface NextConfig {
  readonly webpack?: ((config: WebpackConfig, context: WebpackContext) => WebpackConfig) | null
  readonly turbopack?: { readonly rules?: object }
  readonly generateBuildId?: (() => string | null | Promise<string | null>) | null
}

interface WebpackConfig {
  readonly output: { readonly path: string }
  readonly plugins: unknown[]
}

interface WebpackContext {
  /** Next's folder, absolute. */
  readonly dir: string
  readonly isServer: boolean
  readonly config: { readonly distDir: string }
}

/** Extends Next's configuration for both of its bundlers. */
export async function extendNextConfig<Config extends object>(
  config: Config,
  host: NextHost,
  { folder, isDev }: { readonly folder: string; readonly isDev: boolean },
): Promise<Config> {
  const given: NextConfig = config
  const channel = path.join(folder, 'node_modules/.cache/unplugin-imagegen/turbopack')
  if (isDev && isTurbopack()) await host.serveTurbopack(channel)
  return {
    ...config,
    webpack(config: WebpackConfig, context: WebpackContext) {
      const own = given.webpack?.(config, context) ?? config
      own.plugins.push(host.webpackPlugin())
      if (context.isServer) own.plugins.push(publicRenditions(pathToPublic(own, context)))
      return own
    },
    turbopack: {
      ...given.turbopack,
      // First: a rule for all YAML would give the file another name, by which it is no manifest.
      rules: { '*.image.{yaml,yml}': turbopackRule(channel), ...given.turbopack?.rules },
    },
    // The only hook before a build. Other commands, too, read the configuration as if they built.
    async generateBuildId() {
      if (isTurbopack()) await host.serveTurbopack(channel)
      return (await given.generateBuildId?.()) ?? null
    },
  }
}

/** From where the server's files are written to where the browser's are. */
function pathToPublic({ output }: WebpackConfig, { dir, config }: WebpackContext): string {
  return toPosix(path.relative(output.path, path.resolve(dir, config.distDir)))
}

function turbopackRule(channel: string): object {
  const options = { channel, release: release() }
  return {
    // Those ask for the file's own text or URL.
    condition: { not: { query: /[?&](?:raw|url|inline|worker|sharedworker)(?:[=&]|$)/ } },
    loaders: [{ loader: 'unplugin-imagegen/turbopack', options }],
    as: '*.js',
  }
}

function isTurbopack(): boolean {
  const { TURBOPACK, NEXT_RSPACK } = process.env
  return TURBOPACK !== undefined && TURBOPACK !== '' && NEXT_RSPACK === undefined
}

const NAME = 'unplugin-imagegen'

/** What is used of a compiler of webpack. */
interface Compiler {
  readonly hooks: {
    readonly thisCompilation: {
      tap(name: string, run: (compilation: Compilation) => void): void
    }
  }
}

interface Compilation {
  readonly hooks: { readonly processAssets: { tap(name: string, run: () => void): void } }
  getAssets(): ReadonlyArray<{
    readonly name: string
    readonly info: { readonly sourceFilename?: string | undefined }
  }>
  renameAsset(name: string, newName: string): void
}

/** A rendition in the cache; the query is Next's sign, see `nextWebpackUrl`. */
const RENDITION = /[/\\]renditions[/\\][\w-]+-[0-9a-f]{16}\.\w+(?:\?imagegen)?$/

/**
 * Next's compiler for the server writes its assets where no browser gets at them, and what only server components use is
 * written by no other compiler. Their URLs are right as they are.
 *
 * @param toPublic from the folder of the server's output to that of Next's, with `/`.
 */
export function publicRenditions(toPublic: string): { apply(compiler: Compiler): void } {
  return {
    apply(compiler) {
      compiler.hooks.thisCompilation.tap(NAME, (compilation) => {
        compilation.hooks.processAssets.tap(NAME, () => {
          for (const { name, info } of compilation.getAssets()) {
            if (!RENDITION.test(info.sourceFilename ?? '')) continue
            compilation.renameAsset(name, path.posix.join(toPublic, name))
          }
        })
      })
    },
  }
}
