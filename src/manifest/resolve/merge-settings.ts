import { EXCLUSIVE_FIELDS, type ImageSettings } from '../schema/schema.ts'

/**
 * Merges an image's settings: the defaults of the options, those of the manifest, then its own. The last layer wins;
 * `exclude` and `overrides` of all layers apply, in their order. `resolveOutput` merges `output`, encoder by encoder.
 * If two fields exclude each other, the later layer's field drops the other: an image with a `size` ignores a default
 * `aspectRatio`.
 */
export function mergeSettings(layers: readonly ImageSettings[]): ImageSettings {
  const merged: { -readonly [Field in keyof ImageSettings]: ImageSettings[Field] } = {}
  for (const layer of layers) {
    const providerOptions = mergeOptions(merged.providerOptions, layer.providerOptions)
    const exclude = mergeLists(merged.exclude, layer.exclude)
    const overrides = mergeLists(merged.overrides, layer.overrides)
    for (const [one, other] of EXCLUSIVE_FIELDS) {
      if (layer[one] !== undefined) delete merged[other]
      if (layer[other] !== undefined) delete merged[one]
    }
    Object.assign(merged, layer)
    if (providerOptions !== undefined) merged.providerOptions = providerOptions
    if (exclude !== undefined) merged.exclude = exclude
    if (overrides !== undefined) merged.overrides = overrides
  }
  return merged
}

type ProviderOptions = ImageSettings['providerOptions']

/** If only one layer has options, returns the same object, so that the plan can cache by identity. */
function mergeOptions(around: ProviderOptions, own: ProviderOptions): ProviderOptions {
  return around === undefined || own === undefined ? (own ?? around) : { ...around, ...own }
}

function mergeLists<Item>(
  around: readonly Item[] | undefined,
  own: readonly Item[] | undefined,
): readonly Item[] | undefined {
  return around === undefined || own === undefined ? (own ?? around) : [...around, ...own]
}

/** Normalises a text for hashing and sending: NFC, LF, no trailing spaces, trimmed. */
export function normaliseText(text: string): string {
  const composed = text.normalize('NFC')
  if (!composed.includes('\n') && !composed.includes('\r')) return composed.trim()
  return (
    composed
      .replaceAll(/\r\n?/g, '\n')
      .split('\n')
      // A regular expression for trailing spaces would be quadratic on a long run of spaces within a line.
      .map((line) => line.trimEnd())
      .join('\n')
      .trim()
  )
}
