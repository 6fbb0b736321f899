import type { ImageModel } from '../model/image-model.ts'
import { minimax } from '../model/minimax/minimax.ts'
import { resolveModel, type ResolvedModel } from '../model/resolved-model.ts'
import type { Environment } from './environment.ts'

/**
 * The models by their names, those of MiniMax among them. Where one has no account of its own, it has the environment's:
 * a host that came with the environment's key is not for the key of a model.
 *
 * @throws ImagegenError with code `config` for what is no model.
 */
export async function resolveModels(
  given: Readonly<Record<string, ImageModel>>,
  { apiKey, apiHost, hostForOtherKeys }: Environment,
): Promise<ReadonlyMap<string, ResolvedModel>> {
  const all: Record<string, ImageModel> = {
    'image-01': minimax('image-01'),
    'image-01-live': minimax('image-01-live'),
    ...given,
  }
  const resolved = new Map<string, ResolvedModel>()
  for (const [name, model] of Object.entries(all)) {
    // What is no model at all is for `resolveModel` to complain about.
    const host = model?.credentials === 'given' ? hostForOtherKeys : apiHost
    resolved.set(name, await resolveModel(name, model?.withAccount?.({ apiKey, host }) ?? model))
  }
  return resolved
}

/**
 * The models of the config that have a key of their own and no host, where the environment's host came with another key.
 */
export function modelsWithoutHost(
  given: Readonly<Record<string, ImageModel>>,
  { apiHost: host, hostForOtherKeys }: Environment,
): readonly string[] {
  if (host === hostForOtherKeys) return []
  return Object.entries(given).flatMap(([name, model]) => {
    if (model?.credentials !== 'given') return []
    const wouldTakeIt = model.withAccount?.({ host }).account !== model.withAccount?.({}).account
    return wouldTakeIt ? [name] : []
  })
}
