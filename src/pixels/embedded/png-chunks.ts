import { inflateSync } from 'node:zlib'
import { decodeText } from './plain-bytes.ts'

/** What the chunks of a PNG say beside its pixels. */
export interface PngChunks {
  /** The texts of `tEXt`, `zTXt` and `iTXt` by keyword, wherever they are in the file. The first of a keyword counts. */
  readonly texts: ReadonlyMap<string, string>
  /** The content of the `eXIf` chunk. */
  readonly exif: Uint8Array | undefined
}

/** The bytes of all texts of a file together, inflated: the largest workflows have a few megabytes. */
const MOST_TEXT = 16 * 1024 * 1024

/** The most text chunks that are read. */
const MOST_CHUNKS = 1000

const SIGNATURE_LENGTH = 8
const XMP_KEYWORD = 'XML:com.adobe.xmp'

/**
 * Reads the text chunks of a PNG, also those behind the pixels, which libvips does not read. A chunk that is longer than
 * the file, or a text that inflates to more than is left of the limit, is skipped.
 *
 * @see https://www.w3.org/TR/png-3/#11textinfo
 */
export function readPngChunks(png: Uint8Array): PngChunks {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength)
  const texts = new Map<string, string>()
  let exif: Uint8Array | undefined
  let left = MOST_TEXT
  let read = 0
  for (const { type, data } of chunksOf(bytes)) {
    if (type === 'eXIf') exif ??= data
    if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') continue
    if (++read > MOST_CHUNKS || left <= 0) break
    const found = readText(type, data, left)
    // A bomb costs as much as the limit, so that many of them do not add up.
    left -= found.cost
    if (found.text !== undefined && !texts.has(found.keyword)) texts.set(found.keyword, found.text)
  }
  return { texts, exif }
}

/** The XMP packet of a PNG. */
export function xmpOf({ texts }: PngChunks): string | undefined {
  return texts.get(XMP_KEYWORD)
}

function* chunksOf(bytes: Buffer): Generator<{ readonly type: string; readonly data: Buffer }> {
  let offset = SIGNATURE_LENGTH
  while (offset + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(offset)
    const start = offset + 8
    if (start + length + 4 > bytes.length) return
    const type = bytes.toString('latin1', offset + 4, start)
    yield { type, data: bytes.subarray(start, start + length) }
    if (type === 'IEND') return
    offset = start + length + 4
  }
}

interface TextChunk {
  readonly keyword: string
  /** `undefined` where the chunk is damaged or too large. */
  readonly text: string | undefined
  /** Bytes of the limit that reading it used up. */
  readonly cost: number
}

function readText(type: 'tEXt' | 'zTXt' | 'iTXt', data: Buffer, most: number): TextChunk {
  const end = data.indexOf(0)
  const keyword = data.toString('latin1', 0, Math.max(end, 0))
  if (end < 1 || end > 79) return { keyword, text: undefined, cost: 0 }
  const rest = data.subarray(end + 1)
  switch (type) {
    case 'tEXt':
      return plain(keyword, rest, most)
    case 'zTXt':
      return inflated(keyword, rest.subarray(1), most)
    case 'iTXt': {
      const isCompressed = rest[0] === 1
      const language = rest.indexOf(0, 2)
      const translated = language < 0 ? -1 : rest.indexOf(0, language + 1)
      if (translated < 0) return { keyword, text: undefined, cost: 0 }
      const body = rest.subarray(translated + 1)
      return isCompressed ? inflated(keyword, body, most) : plain(keyword, body, most)
    }
  }
}

function plain(keyword: string, data: Buffer, most: number): TextChunk {
  return data.length > most
    ? { keyword, text: undefined, cost: 0 }
    : { keyword, text: decodeText(data), cost: data.length }
}

function inflated(keyword: string, data: Buffer, most: number): TextChunk {
  try {
    const text = inflateSync(data, { maxOutputLength: most })
    return { keyword, text: decodeText(text), cost: text.length }
  } catch {
    // Damaged, or larger than the limit.
    return { keyword, text: undefined, cost: Math.min(most, data.length * MOST_RATIO) }
  }
}

/** Deflate never makes text more than about a thousand times smaller. */
const MOST_RATIO = 1032
