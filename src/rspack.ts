import type { RspackPluginInstance } from '@rspack/core'
import type { Options } from './options/options.ts'
import { imagegen as unplugin } from './plugin.ts'

/**
 * The plugin for Rspack.
 *
 * ```js
 * // rspack.config.js
 * const imagegen = require('unplugin-imagegen/rspack')
 * module.exports = { plugins: [imagegen()] }
 * ```
 */
const imagegen: (options?: Options) => RspackPluginInstance = (options) => unplugin.rspack(options)

export { imagegen as default, imagegen as 'module.exports' }
