import { loadForTurbopack, type LoaderContext } from './plugin/next/turbopack-loader.ts'

/**
 * The loader for Turbopack, which `withImagegen` of `unplugin-imagegen/next` sets up. Set up by hand it refuses: without
 * the wrapper nothing keeps a manifest out of the output.
 */
async function imagegen(this: LoaderContext): Promise<string | Buffer> {
  // oxlint-disable-next-line oxc/no-this-in-exported-function -- the contract of loaders
  return loadForTurbopack(this)
}

export { imagegen as default, imagegen as 'module.exports' }
