import type { ImageModel } from '../model/image-model.ts'
import { delegating } from '../model/declare-facts.ts'
import { masked } from '../model/masked-model.ts'
import type { Provider } from '../model/provider.ts'
import { resolveModel, type ResolvedModel } from '../model/resolved-model.ts'
import { sdkAccountOf } from '../model/sdk-account.ts'
import type { Environment, EnvironmentAccount } from './environment.ts'
import { PROVIDERS } from './providers.ts'

/**
 * The models by their names: those of the providers, then those of the config. A model without a key or a host of its own
 * gets those that the environment has for its provider, and for no other: a key goes to its own provider only. A host that
 * came with the environment's key is not used for a key of the config.
 *
 * @throws ImagegenError with code `config` for a value that is not a model.
 */
export async function resolveModels(
  given: Readonly<Record<string, ImageModel>>,
  { accounts }: Environment,
  providers: readonly Provider[] = PROVIDERS,
): Promise<ReadonlyMap<string, ResolvedModel>> {
  const all: Record<string, ImageModel> = {}
  for (const { models } of providers) Object.assign(all, models)
  Object.assign(all, given)
  const resolved = new Map<string, ResolvedModel>()
  for (const [name, model] of Object.entries(all)) {
    resolved.set(name, withKeySource(await resolveModel(name, withAccountOf(model, accounts))))
  }
  return resolved
}

/**
 * The models of the config that have a key of their own and no host, where the environment's host came with another key:
 * their names, and the variable whose host they do not use.
 */
export function modelsWithoutHost(
  given: Readonly<Record<string, ImageModel>>,
  { accounts }: Environment,
): ReadonlyArray<{ readonly name: string; readonly hostVariable: string }> {
  return Object.entries(given).flatMap(([name, model]) => {
    const account = accountFor(model, accounts)
    if (account === undefined || model.credentials !== 'given') return []
    const { apiHost: host, hostForOtherKeys, hostVariable } = account
    if (host === hostForOtherKeys) return []
    const wouldTakeIt = model.withAccount?.({ host }).account !== model.withAccount?.({}).account
    return wouldTakeIt ? [{ name, hostVariable }] : []
  })
}

/** A model of the AI SDK does not say that it lacks a key; its provider does. */
function withKeySource(resolved: ResolvedModel): ResolvedModel {
  const { model } = resolved
  const { missing } = model.credentials === undefined ? sdkAccountOf(model) : { missing: undefined }
  return missing === undefined
    ? resolved
    : {
        ...resolved,
        model: {
          ...delegating(model),
          credentials: 'missing',
          ...(missing.source === undefined ? {} : { keySource: missing.source }),
        },
      }
}

/** Each model, whose answers and errors do not repeat what must not be printed. */
export function maskedModels(
  models: ReadonlyMap<string, ResolvedModel>,
  secrets: readonly string[],
): ReadonlyMap<string, ResolvedModel> {
  return new Map(
    [...models].map(([name, each]) => [name, { ...each, model: masked(each.model, secrets) }]),
  )
}

/** What the models send to be let in. */
export function credentialsOf(models: Iterable<ResolvedModel>): string[] {
  return [...models].flatMap(({ model }) => [
    ...(model.secrets?.() ?? []),
    ...sdkAccountOf(model).credentials,
  ])
}

function withAccountOf(model: ImageModel, accounts: Environment['accounts']): ImageModel {
  const account = accountFor(model, accounts)
  if (account === undefined) return model
  const { apiKey, apiHost, hostForOtherKeys } = account
  const host = model.credentials === 'given' ? hostForOtherKeys : apiHost
  return model.withAccount?.({ apiKey, host }) ?? model
}

/** The environment's account for a model, by the part of its `provider` before the first dot. */
function accountFor(
  model: ImageModel,
  accounts: Environment['accounts'],
): EnvironmentAccount | undefined {
  // Configs are often plain JavaScript: `resolveModel` reports a value that is not a model.
  const provider: unknown = (model as ImageModel | undefined | null)?.provider
  return typeof provider === 'string' ? accounts.get(provider.split('.')[0] ?? '') : undefined
}
