import process from 'node:process'
import type { Options } from './options/options.ts'
import type { NextHost } from './plugin/next/host.ts'

/** The phases of Next's configuration in which modules are bundled. */
const BUNDLING: ReadonlySet<string> = new Set([
  'phase-production-build',
  'phase-development-server',
  'phase-analyze',
])

/** A configuration of Next as a function. */
export type NextConfigFunction<Config> = (
  phase: string,
  context: { defaultConfig: Config },
) => Config | Promise<Config>

/**
 * Extends Next's configuration, for Turbopack and for webpack. Put it outside all other wrappers: it returns a function.
 *
 * ```ts
 * // next.config.ts
 * import { withImagegen } from 'unplugin-imagegen/next'
 * export default withImagegen({ reactStrictMode: true })
 * ```
 *
 * @param options as in `imagegen.config.*`; the command line reads only those.
 * @param folder Next's folder, absolute.
 */
export function withImagegen<Config extends object>(
  nextConfig: Config | NextConfigFunction<Config>,
  options: Options = {},
  folder: string = process.cwd(),
): NextConfigFunction<Config> {
  let host: NextHost | undefined
  return async (phase, context) => {
    const config = typeof nextConfig === 'function' ? await nextConfig(phase, context) : nextConfig
    // A production server does not need the plugin, and loads none of it.
    if (!BUNDLING.has(phase)) return config
    const isDev = phase === 'phase-development-server'
    const { createNextHost } = await import('./plugin/next/host.ts')
    const { extendNextConfig } = await import('./plugin/next/config.ts')
    host ??= createNextHost(options, { folder, isBuild: !isDev })
    return extendNextConfig(config, host, { folder, isDev })
  }
}
