import { isRecord } from '../shared/record.ts'
import type { ImageModel, KeySource } from './image-model.ts'
import { sdkKeySource } from './key-source.ts'
import { lackOfKey } from './lack-of-key.ts'

/** What a model of the AI SDK would send to be let in. */
export interface SdkAccount {
  /** Keys and tokens, without the word before them: `sk-…` of `Bearer sk-…`. */
  readonly credentials: readonly string[]
  /** The key that it lacks, and where that comes from, if the SDK says so. */
  readonly missing: { readonly source: KeySource | undefined } | undefined
}

const NOTHING_KNOWN: SdkAccount = { credentials: [], missing: undefined }

/** Headers that let a request in. */
const CREDENTIAL = /auth|key|token|secret/i

/**
 * Looks at the headers that a model of the AI SDK sends, offline and before the first request. Models that say nothing of
 * them, or fetch them from elsewhere, are left alone: then only the call tells.
 *
 * The providers of the SDK keep a function `headers` in `config`, which throws where their key is missing. That is no part
 * of the model's interface; test/model/providers/keys.test.ts tells when it changes.
 *
 * @see https://github.com/vercel/ai/blob/main/packages/openai/src/image/openai-image-model.ts
 */
export function sdkAccountOf(model: ImageModel): SdkAccount {
  const own = innermost(model)
  const config: unknown = Reflect.get(own, 'config')
  const headers: unknown = isRecord(config) ? config['headers'] : undefined
  // An asynchronous function requests a token.
  if (typeof headers !== 'function' || headers.constructor.name === 'AsyncFunction') {
    return NOTHING_KNOWN
  }
  try {
    const found: unknown = headers.call(config)
    if (found instanceof Promise) {
      found.catch(() => undefined)
      return NOTHING_KNOWN
    }
    const credentials = credentialsIn(found)
    // `apiKey: env.ACME_API_KEY ?? ''` for a provider that cannot be created without a key.
    const isEmpty = credentials.length > 0 && credentials.every((each) => each === '')
    return isEmpty
      ? { credentials: [], missing: { source: undefined } }
      : { credentials, missing: undefined }
  } catch (error) {
    const lack = lackOfKey(error)
    if (lack === undefined) return NOTHING_KNOWN
    const [provider = ''] = model.provider.split('.')
    return { credentials: [], missing: { source: sdkKeySource(lack.variable, provider) } }
  }
}

function innermost(model: ImageModel): ImageModel {
  return model.declared === undefined ? model : innermost(model.declared.model)
}

function credentialsIn(headers: unknown): string[] {
  if (!isRecord(headers)) return []
  return Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' && CREDENTIAL.test(name)
      ? [value.replace(/^(?:Bearer|Basic|Key|Token)(?:\s+|$)|^\S+\s+/i, '')]
      : [],
  )
}
