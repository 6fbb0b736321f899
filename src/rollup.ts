import type { Plugin } from 'rollup'
import type { Options } from './options/options.ts'
import { imagegen as unplugin } from './plugin.ts'

/**
 * The plugin for Rollup.
 *
 * ```js
 * // rollup.config.js
 * import imagegen from 'unplugin-imagegen/rollup'
 * export default { input: 'src/main.js', output: { dir: 'dist' }, plugins: [imagegen()] }
 * ```
 */
const imagegen: (options?: Options) => Plugin = (options) => unplugin.rollup(options)

export { imagegen as default, imagegen as 'module.exports' }
