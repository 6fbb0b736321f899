/** The picture formats that are told apart, with the ending that their files get. */
const EXTENSIONS = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
  'image/heic': 'heic',
  'image/jxl': 'jxl',
  'image/tiff': 'tiff',
  'image/svg+xml': 'svg',
} as const

export type MediaType = keyof typeof EXTENSIONS

export const MEDIA_TYPES: readonly MediaType[] = Object.keys(EXTENSIONS) as MediaType[]

/** What may stand before the `<svg>` tag, and how it ends. */
const PROLOG = [
  ['<?', '?>'],
  ['<!--', '-->'],
  ['<!DOCTYPE', '>'],
] as const

/** How far into a text an `<svg>` tag may stand, after its XML declaration and comments. */
const SVG_PROLOG = 4096

/**
 * What kind of picture the bytes are, by what they start with. Names and headers are not asked: providers are known to
 * mislabel what they send.
 *
 * @returns nothing where the bytes are no picture of a known format.
 */
export function sniffMediaType(bytes: Uint8Array): MediaType | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, SVG_PROLOG))
  const starts = (signature: string, offset = 0): boolean =>
    head.toString('latin1', offset, offset + signature.length) === signature

  if (starts('\xFF\xD8\xFF')) return 'image/jpeg'
  if (starts('\x89PNG\r\n\x1A\n')) return 'image/png'
  if (starts('RIFF') && starts('WEBP', 8)) return 'image/webp'
  if (starts('GIF87a') || starts('GIF89a')) return 'image/gif'
  if (starts('ftyp', 4)) return isoMediaType(head)
  if (starts('\xFF\x0A') || starts('\0\0\0\x0CJXL \r\n\x87\n')) return 'image/jxl'
  if (starts('II*\0') || starts('MM\0*')) return 'image/tiff'
  if (isSvg(head.toString('utf8'))) return 'image/svg+xml'
  return undefined
}

/** The usual ending of a file of that type, without a dot. */
export function extensionOf(mediaType: MediaType): string {
  return EXTENSIONS[mediaType]
}

/** What a file's ending says it is; for files whose bytes are not there. */
export function mediaTypeOfName(file: string): MediaType | undefined {
  const ending = file.slice(file.lastIndexOf('.') + 1).toLowerCase()
  const plain = ending === 'jpeg' ? 'jpg' : ending === 'tif' ? 'tiff' : ending
  return MEDIA_TYPES.find((mediaType) => EXTENSIONS[mediaType] === plain)
}

/** AVIF and HEIC share one container; many AVIF files name `mif1` first and `avif` among the compatible brands. */
function isoMediaType(head: Buffer): MediaType | undefined {
  const end = Math.min(head.readUInt32BE(0), head.length)
  const brands: string[] = []
  for (let offset = 8; offset + 4 <= end; offset += 4) {
    brands.push(head.toString('latin1', offset, offset + 4))
  }
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'image/avif'
  if (brands.some((brand) => /^(?:hei[cxms]|hev[cxms])$/.test(brand))) return 'image/heic'
  return undefined
}

/** Steps over the prolog piece by piece: one expression for all of it takes forever on a hostile one. */
function isSvg(text: string): boolean {
  let rest = text.replace(/^\uFEFF/, '').trimStart()
  for (;;) {
    if (/^<svg[\s>/]/i.test(rest)) return true
    const [end] = PROLOG.filter(([start]) => rest.startsWith(start)).map(([, close]) => close)
    const at = end === undefined ? -1 : rest.indexOf(end)
    if (end === undefined || at < 0) return false
    rest = rest.slice(at + end.length).trimStart()
  }
}
