import type { ImageSettings } from './schema.ts'

/**
 * An image's settings with those around them filled in: the options' defaults, the manifest's, its own. The nearer one
 * wins; `output` is merged elsewhere, encoder by encoder. Of fields that exclude each other, the nearer level's one
 * drops the other: an image with a `size` has no `aspectRatio` by default.
 */
export function mergeSettings(layers: readonly ImageSettings[]): ImageSettings {
  let merged: ImageSettings = {}
  for (const layer of layers) {
    const { aspectRatio, size, prompt, source, ...rest } = merged
    merged = {
      ...rest,
      ...(layer.size === undefined ? { aspectRatio } : {}),
      ...(layer.aspectRatio === undefined ? { size } : {}),
      ...(layer.source === undefined ? { prompt } : {}),
      ...(layer.prompt === undefined ? { source } : {}),
      ...definedOf(layer),
      providerOptions: { ...merged.providerOptions, ...layer.providerOptions },
    }
  }
  return merged
}

function definedOf(settings: ImageSettings): ImageSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

/** The one form in which text is hashed and sent. */
export function normaliseText(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\S\n]+$/gm, '')
    .trim()
}
