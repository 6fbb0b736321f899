import type { Plugin, ResolvedConfig, Rolldown } from 'vite'

type Load = Extract<NonNullable<Plugin['load']>, (...args: never[]) => unknown>

/**
 * Vite's own module for a file that is imported by its URL. Plugins such as vite-imagetools, and with it SvelteKit's
 * `enhancedImages()`, take every picture with a query for theirs and would encode it once more; only one that is asked
 * before them can keep Vite's answer.
 *
 * @returns nothing where Vite has no such plugin: then it is asked in its turn.
 */
export async function vitesOwnAsset(
  context: ThisParameterType<Load>,
  { plugins }: Pick<ResolvedConfig, 'plugins'>,
  id: string,
): Promise<Rolldown.SourceDescription | undefined> {
  const load = plugins.find(({ name }) => name === 'vite:asset')?.load
  const answer = await (typeof load === 'object' ? load.handler : load)?.call(context, id)
  if (answer === undefined || answer === null) return undefined
  // Vite numbers assets as they come in: in a source map that would differ from build to build.
  return { ...(typeof answer === 'string' ? { code: answer } : answer), map: { mappings: '' } }
}
