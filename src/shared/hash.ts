import { createHash } from 'node:crypto'

/** What JSON can hold. */
export type JsonValue =
  | null
  | string
  | number
  | boolean
  | JsonValue[]
  | { [key: string]: JsonValue }

/** Lower-case hex SHA-256 of text (as UTF-8) or bytes; 64 characters. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/**
 * JSON in the one spelling of RFC 8785, so that equal values have equal text: members sorted by UTF-16 code units, no
 * blanks, numbers as ECMAScript prints them. Members that are `undefined` are left out, as in `JSON.stringify`.
 *
 * @throws TypeError for values that JSON does not have, such as NaN.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    let members = ''
    for (const name of Object.keys(value).sort()) {
      const member: unknown = Reflect.get(value, name)
      if (member === undefined) continue
      members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(member)}`
    }
    return `{${members}}`
  }
  const isJson = value === null || typeof value === 'boolean' || Number.isFinite(value)
  if (!isJson) throw new TypeError(`canonicalJson: ${String(value)} has no JSON form`)
  return JSON.stringify(value)
}

/** SHA-256 of a value's canonical JSON. */
export function digest(value: unknown): string {
  return sha256(canonicalJson(value))
}
