import { plainText } from '../../shared/plain-text.ts'
import { driverOf, type RemoteStorage } from './storage.ts'

/** Names of options whose values nobody may see. */
const SECRET = /key|secret|token|passw|auth|credential|signature|connection|cookie|\bsas/i

/** Shorter ones are found in ordinary words. */
const SHORTEST = 4

/** Options are a few levels deep; what is deeper is a client's own world. */
const DEEPEST = 4

/** What the options of a driver hold that must never be printed. */
export function secretsOf(storage: RemoteStorage): readonly string[] {
  return secretsInOptions(Reflect.get(driverOf(storage), 'options'))
}

/** What options, or a URL, hold that must never be printed. */
export function secretsInOptions(options: unknown): readonly string[] {
  return [...new Set(secretsIn(options, false, 0))].filter((secret) => secret.length >= SHORTEST)
}

/** One line that says what went wrong, without anything that lets somebody else in. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  // One may be a part of another.
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

/** Whoever shows a URL shows its parts encoded. */
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
