import { plainText } from '../../shared/plain-text.ts'
import { driverOf, type RemoteStorage } from './storage.ts'

/** Names of options whose values must not be shown. */
const SECRET = /key|secret|token|passw|auth|credential|signature|connection|cookie|\bsas/i

/** Shorter secrets also occur in ordinary words. */
const SHORTEST = 4

/** Options are a few levels deep. Anything deeper belongs to a client's internals. */
const DEEPEST = 4

/** The values in a driver's options that must never be printed. */
export function secretsOf(storage: RemoteStorage): readonly string[] {
  return secretsInOptions(Reflect.get(driverOf(storage), 'options'))
}

/** The values in options, or in a URL, that must never be printed. */
export function secretsInOptions(options: unknown): readonly string[] {
  return [...new Set(secretsIn(options, false, 0))].filter((secret) => secret.length >= SHORTEST)
}

/** Formats a text as one line without secrets. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  // One secret may be a part of another, so longer ones are replaced first.
  const shown = secrets
    .toSorted((left, right) => right.length - left.length)
    .reduce((text, secret) => text.replaceAll(secret, '***'), text)
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]*@/gi, '$1***@')
    .replaceAll(
      /([?&](?:[\w-]*(?:sig|signature|token|key|secret|credential|password)[\w-]*)=)[^\s&"'<>]+/gi,
      '$1***',
    )
    .replaceAll(
      /(<(?:AWSAccessKeyId|StringToSign|SignatureProvided|CanonicalRequest)[^>]*>)[^<]*/gi,
      '$1***',
    )
    .replaceAll(/\b(Bearer|Basic|AWS4-HMAC-SHA256)\s+[^\s"'<>]+/g, '$1 ***')
  return plainText(shown.replaceAll(/\s+/g, ' '))
}

function secretsIn(value: unknown, isSecret: boolean, depth: number): string[] {
  if (typeof value === 'string') return isSecret ? spellings(value) : userInfo(value)
  if (depth === DEEPEST || typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    secretsIn(member, isSecret || SECRET.test(name), depth + 1),
  )
}

/** A URL shows its parts encoded. */
function spellings(secret: string): string[] {
  return [secret, encodeURIComponent(secret), ...userInfo(secret)]
}

function userInfo(text: string): string[] {
  if (!URL.canParse(text)) return []
  const { password, username } = new URL(text)
  return [password, decodeSafely(password), ...(password === '' ? [username] : [])].filter(
    (part) => part !== '',
  )
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
