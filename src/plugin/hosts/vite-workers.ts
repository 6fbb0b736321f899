import type { Plugin, PluginOption, UserConfig } from 'vite'

/** A plugin in the list of a build, and that list. */
interface InBuild {
  readonly plugin: Plugin
  readonly plugins: readonly Plugin[]
}

/**
 * Vite bundles workers with the plugins in `worker.plugins` only. Adds a plugin of the build to them, unless the user has
 * listed one of that name.
 *
 * Changes the configuration in place: Vite merges what a hook returns, which cannot depend on the user's list.
 *
 * @param inBuild called when workers are bundled.
 * @see https://vite.dev/config/worker-options#worker-plugins
 */
export function addToWorkers(config: UserConfig, inBuild: () => InBuild | undefined): void {
  const given = config.worker?.plugins
  config.worker = {
    ...config.worker,
    plugins() {
      // Vite still accepts a list instead of a function.
      const others: readonly PluginOption[] = typeof given === 'function' ? given() : (given ?? [])
      return [...others, unlessThere(inBuild(), others)]
    },
  }
}

async function unlessThere(
  added: InBuild | undefined,
  others: readonly PluginOption[],
): Promise<Plugin | undefined> {
  if (added === undefined) return undefined
  const { plugin, plugins } = added
  // Another plugin of the same name in the build has added itself; it answers for other manifests.
  const isThere = (await flatten(others)).some(
    (other) => other === plugin || (other.name === plugin.name && !plugins.includes(other)),
  )
  return isThere ? undefined : plugin
}

async function flatten(options: readonly PluginOption[]): Promise<readonly Plugin[]> {
  const plugins = await Promise.all(
    options.map(async (option): Promise<readonly Plugin[]> => {
      const plugin = await option
      if (!plugin) return []
      return Array.isArray(plugin) ? flatten(plugin) : [plugin]
    }),
  )
  return plugins.flat()
}
