import { hash } from 'node:crypto'

/** Any JSON value. */
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
 * Serialises JSON in the canonical form of RFC 8785, so that equal values have equal text: members sorted by UTF-16
 * code units, no blanks, numbers as ECMAScript prints them. Members that are `undefined` are omitted, as in
 * `JSON.stringify`.
 *
 * @throws TypeError for values that JSON does not have, such as NaN.
 */
export function canonicalJson(value: unknown): string {
  // Most hashed values have their members in this order already, and then `JSON.stringify` is several times as fast.
  return isInOrder(value) ? JSON.stringify(value) : spelled(value)
}

/** Whether `JSON.stringify` writes a value canonically. */
function isInOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isPlain(value)
  if (Array.isArray(value)) {
    // By index: `every` would skip holes.
    for (let index = 0; index < value.length; index++) if (!isInOrder(value[index])) return false
    return true
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  let last: string | undefined
  for (const name of Object.keys(value)) {
    if (last !== undefined && name < last) return false
    if (!isInOrder((value as Readonly<Record<string, unknown>>)[name])) return false
    last = name
  }
  return true
}

function isPlain(value: unknown): boolean {
  return (
    typeof value === 'string' ||
    value === null ||
    typeof value === 'boolean' ||
    Number.isFinite(value)
  )
}

function spelled(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? arrayText(value) : objectText(value)
  }
  if (!isPlain(value)) throw new TypeError(`canonicalJson: ${String(value)} has no JSON form`)
  return JSON.stringify(value)
}

function arrayText(values: readonly unknown[]): string {
  let items = ''
  for (let index = 0; index < values.length; index++) {
    items += index === 0 ? spelled(values[index]) : `,${spelled(values[index])}`
  }
  return `[${items}]`
}

function objectText(value: object): string {
  let members = ''
  for (const name of Object.keys(value).sort()) {
    const member: unknown = (value as Readonly<Record<string, unknown>>)[name]
    if (member === undefined) continue
    members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${spelled(member)}`
  }
  return `{${members}}`
}

/** SHA-256 of a value's canonical JSON. */
export function digest(value: unknown): string {
  return sha256(canonicalJson(value))
}
