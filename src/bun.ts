import type { Options } from './options/options.ts'
import { imagegen as unplugin } from './plugin.ts'

/** Bun's plugin type, spelled out: Bun's types may not be installed where this package is type-checked. */
export interface BunPlugin {
  name: string
  setup(build: unknown): void | Promise<void>
}

/**
 * The plugin for Bun's bundler.
 *
 * ```ts
 * // build.ts
 * import imagegen from 'unplugin-imagegen/bun'
 * await Bun.build({ entrypoints: ['src/main.ts'], outdir: 'dist', plugins: [imagegen()] })
 * ```
 */
const imagegen: (options?: Options) => BunPlugin = (options) => unplugin.bun(options) as BunPlugin

export { imagegen as default, imagegen as 'module.exports' }
