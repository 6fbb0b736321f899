import { sniffMediaType } from './media-type.ts'

/**
 * The bytes of a picture as a reference has them. SVG is text, whose line endings git changes between machines
 * (`core.autocrlf`): first with LF, which is hashed and sent, then as it is and with CRLF, which earlier versions may
 * have hashed. Other pictures are what they are.
 */
export function referenceSpellings(
  bytes: Uint8Array,
): readonly [normal: Uint8Array, ...others: Uint8Array[]] {
  if (sniffMediaType(bytes) !== 'image/svg+xml') return [bytes]
  // One character a byte: what is no line break stays as it is.
  const text = Buffer.from(bytes).toString('latin1')
  const normal = text.replaceAll(/\r\n?/g, '\n')
  const others = new Set([text, normal.replaceAll('\n', '\r\n')])
  others.delete(normal)
  return [bytesOf(normal), ...[...others].map(bytesOf)]
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}
