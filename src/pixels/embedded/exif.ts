import { decodeText, withoutPadding } from './plain-bytes.ts'

const USER_COMMENT = 0x92_86
const EXIF_FOLDER = 0x87_69
const UNDEFINED_TYPE = 7
const LONG_TYPE = 4
const ENTRY_LENGTH = 12

/** Folders of real pictures have fewer than a hundred entries. */
const MOST_ENTRIES = 1000

/**
 * The text of EXIF's `UserComment`. Only the first folder and the EXIF folder are read, so folders that refer to each
 * other in a circle cost nothing.
 *
 * @param exif a TIFF structure, with or without the mark `Exif` before it.
 * @see https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E section 4.6.6.4
 */
export function userCommentOf(exif: Uint8Array): string | undefined {
  const all = Buffer.from(exif.buffer, exif.byteOffset, exif.byteLength)
  const tiff = all.toString('latin1', 0, 6) === 'Exif\0\0' ? all.subarray(6) : all
  const order = tiff.toString('latin1', 0, 2)
  if (order !== 'II' && order !== 'MM') return undefined
  const read = numbersOf(tiff, order === 'MM')
  const folder = read.long(4)
  const pointer = folder === undefined ? undefined : entryAt(tiff, read, folder, EXIF_FOLDER)
  const exifFolder = pointer?.type === LONG_TYPE ? read.long(pointer.at) : undefined
  for (const start of [exifFolder, folder]) {
    const comment = start === undefined ? undefined : entryAt(tiff, read, start, USER_COMMENT)
    if (comment === undefined || comment.type !== UNDEFINED_TYPE) continue
    const bytes = tiff.subarray(comment.at, comment.at + comment.length)
    return bytes.length < comment.length ? undefined : decodeComment(bytes, order === 'MM')
  }
  return undefined
}

interface Numbers {
  short(offset: number): number | undefined
  long(offset: number): number | undefined
}

/** Reads numbers in the structure's byte order; `undefined` beyond its end. */
function numbersOf(tiff: Buffer, isBigEndian: boolean): Numbers {
  const fits = (offset: number, size: number): boolean => offset + size <= tiff.length
  return {
    short(offset) {
      if (!fits(offset, 2)) return undefined
      return isBigEndian ? tiff.readUInt16BE(offset) : tiff.readUInt16LE(offset)
    },
    long(offset) {
      if (!fits(offset, 4)) return undefined
      return isBigEndian ? tiff.readUInt32BE(offset) : tiff.readUInt32LE(offset)
    },
  }
}

interface TiffEntry {
  readonly type: number
  /** Where its value begins. */
  readonly at: number
  /** Bytes. */
  readonly length: number
}

/** The entry of a tag in a folder. Only types of one and four bytes are needed here. */
function entryAt(
  tiff: Buffer,
  read: Numbers,
  folder: number,
  wanted: number,
): TiffEntry | undefined {
  const entries = Math.min(read.short(folder) ?? 0, MOST_ENTRIES)
  for (let index = 0; index < entries; index++) {
    const entry = folder + 2 + index * ENTRY_LENGTH
    if (read.short(entry) !== wanted) continue
    const type = read.short(entry + 2)
    const count = read.long(entry + 4)
    if (type === undefined || count === undefined) return undefined
    const length = count * (type === LONG_TYPE ? 4 : 1)
    const at = length <= 4 ? entry + 8 : read.long(entry + 8)
    return at === undefined || at > tiff.length ? undefined : { type, at, length }
  }
  return undefined
}

/** The first 8 bytes name the character set. */
const PREFIX_LENGTH = 8

function decodeComment(bytes: Buffer, isBigEndian: boolean): string {
  const prefix = withoutPadding(bytes.toString('latin1', 0, PREFIX_LENGTH))
  const text = bytes.subarray(PREFIX_LENGTH)
  switch (prefix) {
    case 'UNICODE':
      return decodeUnicode(text, isBigEndian)
    case 'JIS':
      return withoutPadding(new TextDecoder('iso-2022-jp').decode(text))
    case 'ASCII':
    case '':
      return decodeText(text)
    default:
      // Some programs write no prefix.
      return decodeText(bytes)
  }
}

/**
 * Decodes UTF-16. Its byte order is not written down, and programs disagree: some follow the structure, some always
 * write big-endian. Text has more ASCII in its own order than in the other one.
 */
function decodeUnicode(text: Buffer, isBigEndian: boolean): string {
  const even = text.subarray(0, text.length - (text.length % 2))
  const littleEndian = even.toString('utf16le')
  const bigEndian = Buffer.from(even).swap16().toString('utf16le')
  if (littleEndian.startsWith('\uFEFF')) return withoutPadding(littleEndian.slice(1))
  if (bigEndian.startsWith('\uFEFF')) return withoutPadding(bigEndian.slice(1))
  const surplus = asciiIn(bigEndian) - asciiIn(littleEndian)
  const isBig = surplus === 0 ? isBigEndian : surplus > 0
  return withoutPadding(isBig ? bigEndian : littleEndian)
}

function asciiIn(text: string): number {
  let found = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0 && code < 0x80) found++
  }
  return found
}
