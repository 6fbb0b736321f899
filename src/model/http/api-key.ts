import { redact } from '../../shared/logger.ts'
import { ModelError } from '../image-model.ts'
import type { Service } from './service.ts'

/** The shortest key that is hidden, in characters: a shorter one is a test's, and would be found by chance inside pictures. */
const SHORTEST_KEY = 8

/** A setting without the blanks around it, which pasted keys have. An empty setting counts as not set. */
export function filled(text: string | undefined): string | undefined {
  const trimmed = text?.trim()
  return trimmed === '' ? undefined : trimmed
}

/**
 * The API key, fit for a header.
 *
 * @throws ModelError with code `credentials`: nothing was sent.
 */
export function requireKey(service: Service, apiKey: string | undefined): string {
  // `fetch` would repeat a key that no header can hold in its error.
  if (apiKey !== undefined && /^[!-~]+$/.test(apiKey)) return apiKey
  const fault = apiKey === undefined ? 'is missing' : 'holds characters that no key has'
  throw new ModelError(
    `The ${service.name} API key ${fault}. Set ${service.keyVariable}, or hand \`apiKey\` to ${service.factory}.`,
    { code: 'credentials', retry: 'never', stopsRun: true },
  )
}

/**
 * Replaces the key in texts. A server that repeats what it was sent must not carry the key into messages, receipts or
 * quarantine.
 */
export function hiding(key: string): (text: string) => string {
  return key.length < SHORTEST_KEY ? (text) => text : (text) => redact(text, [key])
}

/** The same error with the key hidden in its message and in the answer that it carries. */
export function withoutKey(error: ModelError, hide: (text: string) => string): ModelError {
  const message = hide(error.message)
  const responseBody = error.responseBody === undefined ? undefined : hide(error.responseBody)
  if (message === error.message && responseBody === error.responseBody) return error
  return new ModelError(message, { ...error, responseBody, cause: error.cause })
}
