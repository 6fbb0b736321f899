import type { ImageModel, KeySource } from './image-model.ts'

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
  const variables = missingKeySources(models).map(({ variable }) => variable)
  if (variables.length === 0) return 'Hand API keys to the models in the option `models`'
  return `Set ${variables.join(' and ')} (in the environment, or in .env.local)`
}
