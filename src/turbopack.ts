import { loadForTurbopack, type LoaderContext } from './plugin/next/turbopack-loader.ts'

/**
 * The loader for Turbopack. `withImagegen` of `unplugin-imagegen/next` sets it up and generates missing images. Without
 * it, this loader shows what `imagegen generate` has made:
 *
 * ```ts
 * // next.config.ts
 * export default {
 *   turbopack: {
 *     rules: { '*.image.{yaml,yml}': { loaders: ['unplugin-imagegen/turbopack'], as: '*.js' } },
 *   },
 * }
 * ```
 */
async function imagegen(this: LoaderContext): Promise<string | Buffer> {
  // oxlint-disable-next-line oxc/no-this-in-exported-function -- the contract of loaders
  return loadForTurbopack(this)
}

export { imagegen as default, imagegen as 'module.exports' }
