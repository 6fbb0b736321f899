import type { ResolvedOptions } from '../options.ts'
import { recipeKey, type Recipe } from '../plan/recipe.ts'
import { shareRenditions, type SharedRenditions } from '../render/shared-renditions.ts'
import type { RemoteStoreOptions } from '../store/remote/through-remote.ts'
import type { Store } from '../store/store.ts'

/** What a store needs to know of its remote; nothing where stand-ins are drawn, which need nobody. */
export function remoteOf({ remote, mode }: ResolvedOptions): RemoteStoreOptions | undefined {
  if (remote === undefined || mode === 'placeholder') return undefined
  return { ...remote, keyOf: (recipe) => recipeKey(recipe as unknown as Recipe) }
}

/** Where finished renditions are shared; nothing where they are not. */
export function sharedRenditions(
  { sharesRenditions }: ResolvedOptions,
  { shared }: Store,
): SharedRenditions | undefined {
  return sharesRenditions && shared !== undefined ? shareRenditions(shared) : undefined
}
