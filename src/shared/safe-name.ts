/** Long enough for people to tell names apart, short enough for every file system and archive format. */
const LONGEST_NAME = 60

/** Names that Windows reserves for devices, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i

/**
 * A name that every file system accepts: ASCII letters, digits, `-` and `_`. Letters lose their accents; every other
 * character becomes a dash. The name is for people only: no file is ever looked up by it.
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
