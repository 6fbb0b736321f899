import { isUtf8 } from 'node:buffer'

/** Decodes text whose encoding is not written down: UTF-8 where the bytes are valid UTF-8, else Latin-1. */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return withoutPadding(buffer.toString(isUtf8(buffer) ? 'utf8' : 'latin1'))
}

/** Text without the null characters that pad it. */
export function withoutPadding(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--
  return text.slice(0, end)
}
