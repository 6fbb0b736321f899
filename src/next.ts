import process from 'node:process'
import type { Options } from './options/options.ts'
import type { NextHost } from './plugin/next/host.ts'

/** What Next reads its configuration for where modules are made. */
const BUNDLING: ReadonlySet<string> = new Set([
  'phase-production-build',
  'phase-development-server',
  'phase-analyze',
])

/** A configuration of Next that is made when it is read. */
export type NextConfigFunction<Config> = (
  phase: string,
  context: { defaultConfig: Config },
) => Config | Promise<Config>

/**
 * Extends the configuration of Next, for Turbopack and for webpack. It belongs around all others' wrappers, for what it
 * returns is a function.
 *
 * ```ts
 * // next.config.ts
 * import { withImagegen } from 'unplugin-imagegen/next'
 * export default withImagegen({ reactStrictMode: true })
 * ```
 *
 * @param options as in `imagegen.config.*`; the command line reads only those.
 * @param folder Next's, absolute.
 */
export function withImagegen<Config extends object>(
  nextConfig: Config | NextConfigFunction<Config>,
  options: Options = {},
  folder: string = process.cwd(),
): NextConfigFunction<Config> {
  let host: NextHost | undefined
  return async (phase, context) => {
    const config = typeof nextConfig === 'function' ? await nextConfig(phase, context) : nextConfig
    // A server in production has no part in this, and loads none of it.
    if (!BUNDLING.has(phase)) return config
    const isDev = phase === 'phase-development-server'
    const { createNextHost } = await import('./plugin/next/host.ts')
    const { extendNextConfig } = await import('./plugin/next/config.ts')
    host ??= createNextHost(options, { folder, isBuild: !isDev })
    return extendNextConfig(config, host, { folder, isDev })
  }
}
