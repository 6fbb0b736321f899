import type { Plugin } from 'vite'
import type { Options } from './options/options.ts'
import { imagegen as unplugin } from './plugin.ts'

/**
 * The plugin for Vite.
 *
 * ```ts
 * // vite.config.ts
 * import imagegen from 'unplugin-imagegen/vite'
 * export default { plugins: [imagegen()] }
 * ```
 */
const imagegen: (options?: Options) => Plugin = (options) => unplugin.vite(options)

export { imagegen as default, imagegen as 'module.exports' }
