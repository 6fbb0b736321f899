import type { Options } from './options/options.ts'
import { imagegen as unplugin } from './plugin.ts'

/** Farm's plugin type, spelled out: Farm's types may not be installed where this package is type-checked. */
export interface FarmPlugin {
  name: string
  priority?: number
}

/**
 * The plugin for Farm.
 *
 * ```ts
 * // farm.config.ts
 * import imagegen from 'unplugin-imagegen/farm'
 * export default { plugins: [imagegen()] }
 * ```
 */
const imagegen: (options?: Options) => FarmPlugin = (options) =>
  unplugin.farm(options) as FarmPlugin

export { imagegen as default, imagegen as 'module.exports' }
