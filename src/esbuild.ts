import type { Plugin } from 'esbuild'
import type { Options } from './options/options.ts'
import { imagegen as unplugin } from './plugin.ts'

/**
 * The plugin for esbuild.
 *
 * ```js
 * // build.js
 * import { build } from 'esbuild'
 * import imagegen from 'unplugin-imagegen/esbuild'
 * await build({ entryPoints: ['src/main.js'], bundle: true, outdir: 'dist', plugins: [imagegen()] })
 * ```
 */
const imagegen: (options?: Options) => Plugin = (options) => unplugin.esbuild(options)

export { imagegen as default, imagegen as 'module.exports' }
