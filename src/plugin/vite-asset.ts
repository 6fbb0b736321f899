import type { Plugin, ResolvedConfig, Rolldown } from 'vite'

type Load = Extract<NonNullable<Plugin['load']>, (...args: never[]) => unknown>

/**
 * The module of Vite's dev server for a file that is imported by its URL. Plugins such as vite-imagetools, and with it
 * SvelteKit's `enhancedImages()`, take every picture with a query for theirs and would encode it once more; only one that
 * is asked before them can keep Vite's answer.
 *
 * @returns nothing where Vite has no such plugin: then it is asked in its turn.
 */
export async function vitesOwnAsset(
  context: ThisParameterType<Load>,
  { plugins }: Pick<ResolvedConfig, 'plugins'>,
  id: string,
): Promise<Rolldown.LoadResult> {
  const load = plugins.find(({ name }) => name === 'vite:asset')?.load
  return (typeof load === 'object' ? load.handler : load)?.call(context, id)
}
