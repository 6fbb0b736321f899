import type { Options } from './options/options.ts'
import { imagegen as unplugin } from './plugin.ts'

/** As Farm has it. Its own types are not named: they are not there where this package is checked. */
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
