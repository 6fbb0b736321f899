import type { Plugin, PluginOption, UserConfig } from 'vite'

/** A plugin as it stands in the list of a build, and that list. */
interface InBuild {
  readonly plugin: Plugin
  readonly plugins: readonly Plugin[]
}

/**
 * Vite bundles workers with plugins of their own, which it takes from `worker.plugins` alone. Adds a plugin of the build to
 * them where the user has put none of its name there.
 *
 * Changes the configuration in place: what a hook returns is merged by Vite, and cannot hang on what the user's list holds.
 *
 * @param inBuild asked when workers are bundled.
 * @see https://vite.dev/config/worker-options#worker-plugins
 */
export function addToWorkers(config: UserConfig, inBuild: () => InBuild | undefined): void {
  const given = config.worker?.plugins
  config.worker = {
    ...config.worker,
    plugins() {
      // Vite still takes a list that is no function.
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
  // Another plugin of the same name in the build has added itself: that one answers for other manifests.
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
