import { extensionOf, type MediaType } from '../pixels/media-type.ts'
import { safeName } from '../shared/safe-name.ts'

const PATTERN = /^(.+)\.([0-9a-f]{16})\.([0-9a-f]{8})\.([a-z0-9]+)$/

/** The parts of the name of a file in the store. */
export interface StoredFileName {
  /** Everything before the extension. An original and its receipt share it. */
  readonly base: string
  /** The user's name for the image, reduced by `safeName`. */
  readonly name: string
  /** The first 16 hex digits of the recipe key. */
  readonly shortKey: string
  /** The first 8 hex digits of the bytes' sha256. */
  readonly shortSha256: string
  /** Without a dot. A receipt has `json`. */
  readonly extension: string
}

/** The part of the key that is in the names of its files. */
export function shortKeyOf(key: string): string {
  return key.slice(0, 16)
}

/**
 * The base name that an original and its receipt share.
 *
 * @param number 2 or more where another picture uses the name.
 */
export function baseName(name: string, key: string, sha256: string, number: number): string {
  const suffix = number === 1 ? '' : `-${number}`
  return `${safeName(name)}${suffix}.${shortKeyOf(key)}.${sha256.slice(0, 8)}`
}

export function originalName(base: string, mediaType: MediaType): string {
  return `${base}.${extensionOf(mediaType)}`
}

export function receiptName(base: string): string {
  return `${base}.json`
}

/**
 * Whether a name has the form of a store file: an original, a receipt, or a response, unusable picture, answer or
 * report that is moved to `pending/`, `quarantine/` or `trash/`. The store leaves all other files alone.
 */
export function isStoreName(name: string): boolean {
  return /^.+\.[0-9a-f]{16}\.[0-9a-f]{8}(?:[0-9a-f]{8})?(?:-\d+)?(?:\.[A-Za-z0-9]+)+$/.test(name)
}

/** The parts of a name, or `undefined` where it is not a name of the store. */
export function parseFileName(file: string): StoredFileName | undefined {
  const [, name, shortKey, shortSha256, extension] = PATTERN.exec(file) ?? []
  if (
    name === undefined ||
    shortKey === undefined ||
    shortSha256 === undefined ||
    extension === undefined
  ) {
    return undefined
  }
  return { base: `${name}.${shortKey}.${shortSha256}`, name, shortKey, shortSha256, extension }
}
