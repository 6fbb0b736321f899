import type { ImageModel, KeySource } from './image-model.ts'

/** Where a key comes from that the AI SDK looks for. */
export function sdkKeySource(variable: string, provider: string): KeySource {
  return { variable, page: `the site of the provider \`${provider}\``, isReadBySdk: true }
}

/** Where the API keys of models come from that have none, each source once. */
export function missingKeySources(models: Iterable<ImageModel>): KeySource[] {
  const sources = new Map<string, KeySource>()
  for (const { credentials, keySource } of models) {
    if (credentials === 'missing' && keySource !== undefined) {
      sources.set(keySource.variable, keySource)
    }
  }
  return [...sources.values()]
}

/** `Set ACME_API_KEY (in the environment, or in .env.local)`: how the user gives models the keys that they lack. */
export function howToSetKeys(models: Iterable<ImageModel>): string {
  const sources = missingKeySources(models)
  const own = sources.filter(({ isReadBySdk }) => isReadBySdk !== true)
  const others = sources.filter((source) => !own.includes(source))
  const ways = [
    ...(own.length === 0 ? [] : [`Set ${namesOf(own)} (in the environment, or in .env.local)`]),
    ...(others.length === 0
      ? []
      : [`Set ${namesOf(others)} in the environment; ${howToHandOver(others[0]?.variable ?? '')}`]),
  ]
  return ways.length === 0 ? 'Hand API keys to the models in the option `models`' : ways.join('. ')
}

/** How a key from a file reaches a provider of the AI SDK, which looks in the environment only. */
export function howToHandOver(variable: string): string {
  return `from .env.local, hand it to the provider with \`defineConfig(({ env }) => …)\` and \`${handedOver(variable)}\``
}

/** `apiKey: env.ACME_API_KEY`; providers that call it a token, as Replicate, take `apiToken`. */
export function handedOver(variable: string): string {
  return `${variable.endsWith('_API_TOKEN') ? 'apiToken' : 'apiKey'}: env.${variable}`
}

function namesOf(sources: readonly KeySource[]): string {
  return sources.map(({ variable }) => variable).join(' and ')
}
