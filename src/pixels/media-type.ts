/** The supported picture formats with their file extensions. */
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

/** What may precede the `<svg>` tag, and how it ends. */
const PROLOG = [
  ['<?', '?>'],
  ['<!--', '-->'],
  ['<!DOCTYPE', '>'],
] as const

/** How far into a text the `<svg>` tag may start, after an XML declaration and comments. */
const SVG_PROLOG = 4096

/**
 * The media type of picture bytes, judged by their first bytes. File names and headers do not count: providers are
 * known to mislabel pictures.
 *
 * @returns `undefined` where the bytes are not a picture of a known format.
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

/** The usual file extension of a media type, without a dot. */
export function extensionOf(mediaType: MediaType): string {
  return EXTENSIONS[mediaType]
}

/** The media type that a file's extension suggests, for files whose bytes are absent. */
export function mediaTypeOfName(file: string): MediaType | undefined {
  const ending = file.slice(file.lastIndexOf('.') + 1).toLowerCase()
  const plain = ending === 'jpeg' ? 'jpg' : ending === 'tif' ? 'tiff' : ending
  return MEDIA_TYPES.find((mediaType) => EXTENSIONS[mediaType] === plain)
}

/** AVIF and HEIC share one container. Many AVIF files name `mif1` first and `avif` among the compatible brands. */
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

/** Skips the prolog piece by piece: one regular expression for all of it takes for ever on a hostile text. */
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
