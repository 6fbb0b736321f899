import type { ResolvedOptions } from '../options.ts'
import { recipeKey, type Recipe } from '../plan/recipe.ts'
import { shareRenditions, type SharedRenditions } from '../render/shared-renditions.ts'
import type { RemoteStoreOptions } from '../store/remote/through-remote.ts'
import type { Store } from '../store/store.ts'

/** The remote's options for a store; undefined in placeholder mode, which needs no remote. */
export function remoteOf({ remote, mode }: ResolvedOptions): RemoteStoreOptions | undefined {
  if (remote === undefined || mode === 'placeholder') return undefined
  return { ...remote, keyOf: (recipe) => recipeKey(recipe as unknown as Recipe) }
}

/** The shared cache of finished renditions; undefined if the options do not share them. */
export function sharedRenditions(
  { sharesRenditions }: ResolvedOptions,
  { shared }: Store,
): SharedRenditions | undefined {
  return sharesRenditions && shared !== undefined ? shareRenditions(shared) : undefined
}
