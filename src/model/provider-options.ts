import type { JsonValue } from '../shared/hash.ts'
import { isRecord } from '../shared/record.ts'
import { nearest } from '../shared/suggest.ts'

type Options = Readonly<Record<string, JsonValue>>

/** Providers of the AI SDK, by the names under which their models look for options. */
const PROVIDERS: ReadonlySet<string> = new Set([
  'alibaba',
  'azure',
  'bedrock',
  'blackForestLabs',
  'bytedance',
  'deepinfra',
  'fal',
  'fireworks',
  'gateway',
  'google',
  'luma',
  'minimax',
  'openai',
  'prodia',
  'replicate',
  'togetherai',
  'vertex',
  'xai',
])

/** Where a model looks for its options, when that is no part of its `provider`. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'amazon-bedrock': 'bedrock',
  'black-forest-labs': 'blackForestLabs',
}

/** Parts of a model's `provider` that name what it makes. */
const KINDS: ReadonlySet<string> = new Set(['image', 'images', 'generative-ai', ''])

/** What a manifest's options are to a model. */
interface Split {
  /** Those of the model itself. */
  readonly flat: Record<string, JsonValue>
  /** Those under the name of a provider, as the AI SDK writes them. */
  readonly nested: Record<string, Record<string, JsonValue>>
  /** Names in the place of a provider that are none. */
  readonly unknown: readonly string[]
}

/**
 * The options as models take them, keyed by provider. Both shapes arrive: the AI SDK's own (`{ openai: { quality: low } }`)
 * and the flat one (`{ quality: low }`).
 *
 * @param provider the model's whole `provider`: `azure.openai.image`.
 */
export function sentProviderOptions(
  written: Options,
  provider: string,
): Record<string, Record<string, JsonValue>> {
  const { flat, nested } = split(written, provider)
  const [own = ''] = provider.split('.')
  if (Object.keys(flat).length === 0) return nested
  const names = [own, ...namesOf(provider).filter((name) => name !== own && PROVIDERS.has(name))]
  return {
    ...nested,
    ...Object.fromEntries(names.map((name) => [name, { ...flat, ...nested[name] }])),
  }
}

/** The options as a model that checks them takes them: without the name of its provider around them. */
export function flatProviderOptions(written: Options, provider: string): Options {
  const [own = ''] = provider.split('.')
  const inner = written[own]
  if (!isRecord(inner)) return written
  const { [own]: _, ...rest } = written
  return { ...rest, ...(inner as Record<string, JsonValue>) }
}

/** Names in the place of a provider that are no provider, with the one that was most likely meant. */
export function unknownProviders(
  written: Options,
  provider: string,
): ReadonlyArray<{ readonly name: string; readonly suggestion: string | undefined }> {
  // Asked of every image, and most have no options.
  if (Object.keys(written).length === 0) return []
  const known = [...namesOf(provider), ...PROVIDERS]
  return split(written, provider).unknown.map((name) => ({
    name,
    suggestion: nearest(name, known),
  }))
}

function split(written: Options, provider: string): Split {
  const own = namesOf(provider)
  const isProvider = (name: string): boolean => own.includes(name) || PROVIDERS.has(name)
  const entries = Object.entries(written)
  const isNested = entries.some(([name, value]) => isProvider(name) && isRecord(value))
  const flat: Record<string, JsonValue> = {}
  const nested: Record<string, Record<string, JsonValue>> = {}
  const unknown: string[] = []
  for (const [name, value] of entries) {
    const isMap = isRecord(value)
    if (isMap && isProvider(name)) nested[name] = { ...(value as Record<string, JsonValue>) }
    // Beside a provider, or almost named like the model's own, a map is meant for a provider too.
    else if (isMap && (isNested || nearest(name, own) !== undefined)) {
      unknown.push(name)
      nested[name] = { ...(value as Record<string, JsonValue>) }
    } else flat[name] = value
  }
  return { flat, nested, unknown }
}

/** The names under which a model may look for its options. */
function namesOf(provider: string): string[] {
  const parts = provider.split('.').filter((part) => !KINDS.has(part))
  return [...parts, ...parts.flatMap((part) => OTHER_NAMES[part] ?? [])]
}
