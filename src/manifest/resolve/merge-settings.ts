import { EXCLUSIVE_FIELDS, type ImageSettings } from '../schema/schema.ts'

/**
 * An image's settings with those around them filled in: the options' defaults, the manifest's, its own. The nearer one
 * wins; `output` is merged elsewhere, encoder by encoder. Of fields that exclude each other, the nearer level's one
 * drops the other: an image with a `size` has no `aspectRatio` by default.
 */
export function mergeSettings(layers: readonly ImageSettings[]): ImageSettings {
  const merged: { -readonly [Field in keyof ImageSettings]: ImageSettings[Field] } = {}
  for (const layer of layers) {
    const providerOptions = mergeOptions(merged.providerOptions, layer.providerOptions)
    for (const [one, other] of EXCLUSIVE_FIELDS) {
      if (layer[one] !== undefined) delete merged[other]
      if (layer[other] !== undefined) delete merged[one]
    }
    Object.assign(merged, layer)
    if (providerOptions !== undefined) merged.providerOptions = providerOptions
  }
  return merged
}

type ProviderOptions = ImageSettings['providerOptions']

/** Where one level alone has options, they stay the same object: a plan looks at them once. */
function mergeOptions(around: ProviderOptions, own: ProviderOptions): ProviderOptions {
  return around === undefined || own === undefined ? (own ?? around) : { ...around, ...own }
}

/** The one form in which text is hashed and sent. */
export function normaliseText(text: string): string {
  const composed = text.normalize('NFC')
  if (!composed.includes('\n') && !composed.includes('\r')) return composed.trim()
  return (
    composed
      .replaceAll(/\r\n?/g, '\n')
      .split('\n')
      // Not by a pattern: looking for blanks at line ends, it would try every start of a long run of blanks elsewhere.
      .map((line) => line.trimEnd())
      .join('\n')
      .trim()
  )
}
