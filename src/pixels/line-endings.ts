import { sniffMediaType } from './media-type.ts'

/**
 * The byte sequences that a reference picture may have. SVG is text, and git changes its line endings between machines
 * (`core.autocrlf`). The first sequence has LF and is hashed and sent. The others (unchanged, and with CRLF) are those
 * that earlier versions may have hashed. Other pictures have one sequence.
 */
export function referenceSpellings(
  bytes: Uint8Array,
): readonly [normal: Uint8Array, ...others: Uint8Array[]] {
  if (sniffMediaType(bytes) !== 'image/svg+xml') return [bytes]
  // `latin1` maps each byte to one character, so everything but line breaks stays as it is.
  const text = Buffer.from(bytes).toString('latin1')
  const normal = text.replaceAll(/\r\n?/g, '\n')
  const others = new Set([text, normal.replaceAll('\n', '\r\n')])
  others.delete(normal)
  return [bytesOf(normal), ...[...others].map(bytesOf)]
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}
