import { extensionOf, type MediaType } from '../pixels/media-type.ts'

/** Long enough to be told apart by people, short enough for every file system and archive format. */
const LONGEST_NAME = 60

/** Names that Windows keeps for devices, whatever ending follows them. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i

const PATTERN = /^(.+)\.([0-9a-f]{16})\.([0-9a-f]{8})\.([a-z0-9]+)$/

/** The parts of a file's name in the store. */
export interface StoredFileName {
  /** Everything before the ending: an original and its receipt have it in common. */
  readonly base: string
  /** The name that people gave, reduced by `safeName`. */
  readonly name: string
  /** The first 16 hex digits of the recipe's key. */
  readonly shortKey: string
  /** The first 8 hex digits of the bytes' sha256. */
  readonly shortSha256: string
  /** Without a dot; `json` is a receipt. */
  readonly extension: string
}

/**
 * An entry's name as every file system takes it: ASCII letters, digits, `-` and `_`. Letters lose their accents, what
 * is left of other scripts is a dash. It is for people only: nothing is found by it.
 */
export function safeName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9_]+/g, '-')
    .slice(0, LONGEST_NAME)
    .replaceAll(/^-+|-+$/g, '')
  if (plain === '') return 'image'
  return RESERVED.test(plain) ? `image-${plain}` : plain
}

/** What a key's files have in their names. */
export function shortKeyOf(key: string): string {
  return key.slice(0, 16)
}

/**
 * The name that an original and its receipt have in common.
 *
 * @param number from 2 on where the name belongs to something else.
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
 * Whether the store gives such names: to originals and receipts, and to responses, unusable pictures, answers and reports
 * on their way into `pending/`, `quarantine/` and `trash/`. Whatever else lies there belongs to somebody else.
 */
export function isStoreName(name: string): boolean {
  return /^.+\.[0-9a-f]{16}\.[0-9a-f]{8}(?:[0-9a-f]{8})?(?:-\d+)?(?:\.[A-Za-z0-9]+)+$/.test(name)
}

/** The parts of a name, or nothing where it is not one of the store's. */
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
