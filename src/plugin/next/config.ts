import path from 'node:path'
import { toPosix } from '../../shared/files.ts'
import { release } from '../../shared/release.ts'
import type { NextHost } from './host.ts'

/** The part of Next's configuration that is extended here. */
interface NextConfig {
  readonly webpack?: ((config: WebpackConfig, context: WebpackContext) => WebpackConfig) | null
  readonly turbopack?: { readonly rules?: object }
  readonly generateBuildId?: (() => string | null | Promise<string | null>) | null
  readonly compiler?: {
    readonly runAfterProductionCompile?: (output: CompiledOutput) => Promise<void>
  }
}

interface CompiledOutput {
  readonly projectDir: string
  /** Absolute. */
  readonly distDir: string
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
      // First: a rule for all YAML would rename the file, and the loader would not recognise it as a manifest.
      rules: { '*.image.{yaml,yml}': turbopackRule(channel), ...given.turbopack?.rules },
    },
    compiler: {
      ...given.compiler,
      // Turbopack has no hook that sees its output.
      async runAfterProductionCompile(output: CompiledOutput) {
        host.lookAtOutput(output.distDir)
        await given.compiler?.runAfterProductionCompile?.(output)
      },
    },
    // The only hook before a build. Other commands read the configuration as if they built, too.
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
    // These queries load the file's own text or URL.
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

/** The part of webpack's compiler that is used here. */
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

/** Matches a rendition in the cache; for the query see `nextPictureRequest`. */
const RENDITION = /[/\\]renditions[/\\][\w-]+-[0-9a-f]{16}\.\w+(?:\?imagegen)?$/

/**
 * Moves renditions into the public output. Next's server compiler writes its assets where browsers cannot load them, and
 * no other compiler writes those that only server components use. Their URLs are right without a change.
 *
 * @param toPublic the path from the server's output folder to Next's, with `/`.
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
