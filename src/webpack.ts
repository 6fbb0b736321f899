import type { WebpackPluginInstance } from 'webpack'
import type { Options } from './options/options.ts'
import { imagegen as unplugin } from './plugin.ts'

/**
 * The plugin for webpack.
 *
 * ```js
 * // webpack.config.js
 * const imagegen = require('unplugin-imagegen/webpack')
 * module.exports = { plugins: [imagegen()] }
 * ```
 */
const imagegen: (options?: Options) => WebpackPluginInstance = (options) =>
  unplugin.webpack(options)

export { imagegen as default, imagegen as 'module.exports' }
