import type { Plugin } from 'rolldown'
import type { Options } from './options/options.ts'
import { imagegen as unplugin } from './plugin.ts'

/**
 * The plugin for Rolldown.
 *
 * ```js
 * // rolldown.config.js
 * import imagegen from 'unplugin-imagegen/rolldown'
 * export default { input: 'src/main.js', plugins: [imagegen()] }
 * ```
 */
const imagegen: (options?: Options) => Plugin = (options) => unplugin.rolldown(options)

export { imagegen as default, imagegen as 'module.exports' }
