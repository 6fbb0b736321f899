/** What a model of the AI SDK lacks to send a request. */
export interface LackOfKey {
  /** The environment variable that the SDK names: `ACME_API_KEY`. */
  readonly variable: string
  /** The SDK's own words. */
  readonly message: string
}

/** What the AI SDK calls its errors about keys, and about other settings that variables hold. */
const NAMES: ReadonlySet<string> = new Set(['AI_LoadAPIKeyError', 'AI_LoadSettingError'])

/** Some providers have the same words in errors of other names: fal, and the gateway of Vercel. */
const SAID_WITHOUT_NAME = /\b(?:is missing|no authentication provided)\b/i

/** `the ACME_API_KEY environment variable`, `either the ACME_API_KEY or ACME_KEY environment variable` */
const VARIABLE =
  /\b([A-Z][A-Z0-9_]+)['"`]?(?:(?:,| or) ['"`]?[A-Z][A-Z0-9_]+['"`]?)* environment variable/

/** The deepest chain of causes. */
const DEEPEST = 5

/**
 * Whether a model threw because its key is not set, wherever that was noticed: when it was created, when its headers were
 * asked for, or when it was about to send a request. No request was sent.
 */
export function lackOfKey(thrown: unknown, depth = 0): LackOfKey | undefined {
  if (!(thrown instanceof Error) || depth === DEEPEST) return undefined
  const { message, name } = thrown
  const variable = variableIn(message)
  if (variable !== undefined && (NAMES.has(name) || SAID_WITHOUT_NAME.test(message))) {
    return { variable, message }
  }
  return lackOfKey(thrown.cause, depth + 1)
}

/** The first environment variable that a message names. */
export function variableIn(message: string): string | undefined {
  return VARIABLE.exec(message)?.[1]
}
