import { hash } from 'node:crypto'

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
  return hash('sha256', data)
}

/**
 * JSON in the one spelling of RFC 8785, so that equal values have equal text: members sorted by UTF-16 code units, no
 * blanks, numbers as ECMAScript prints them. Members that are `undefined` are left out, as in `JSON.stringify`.
 *
 * @throws TypeError for values that JSON does not have, such as NaN.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? arrayText(value) : objectText(value)
  }
  const isJson = value === null || typeof value === 'boolean' || Number.isFinite(value)
  if (!isJson) throw new TypeError(`canonicalJson: ${String(value)} has no JSON form`)
  return JSON.stringify(value)
}

function arrayText(values: readonly unknown[]): string {
  let items = ''
  for (let index = 0; index < values.length; index++) {
    items += index === 0 ? canonicalJson(values[index]) : `,${canonicalJson(values[index])}`
  }
  return `[${items}]`
}

function objectText(value: object): string {
  let members = ''
  for (const name of Object.keys(value).sort()) {
    const member: unknown = (value as Readonly<Record<string, unknown>>)[name]
    if (member === undefined) continue
    members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(member)}`
  }
  return `{${members}}`
}

/** SHA-256 of a value's canonical JSON. */
export function digest(value: unknown): string {
  return sha256(canonicalJson(value))
}
