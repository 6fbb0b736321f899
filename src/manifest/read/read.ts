import { readFileSync } from 'node:fs'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import { sha256 } from '../../shared/hash.ts'
import { createLocate, type Locate, type Manifest, type ManifestContent } from '../manifest.ts'
import { parseManifest } from './parse.ts'

/** The largest manifest, in bytes. Parsing a larger file would delay every build. */
export const MOST_MANIFEST_BYTES: number = 1024 * 1024

/** Cached manifests by the SHA-256 of their bytes. */
export interface ManifestMemory {
  get(hash: string): ManifestContent | undefined
  set(hash: string, content: ManifestContent): void
}

/** A manifest's bytes, before they are parsed. */
export interface ManifestSource {
  /** Absolute. */
  readonly file: string
  /** Path from the root, as ids contain it. */
  readonly path: string
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes. */
  readonly hash: string
}

/**
 * Reads the bytes of a manifest.
 *
 * @param file absolute path.
 * @param path path from the root, as ids contain it.
 *
 * @throws ImagegenError with code `manifest`.
 */
export function loadManifest(file: string, path: string): ManifestSource {
  let size: number
  try {
    const bytes = readFileSync(file)
    if (bytes.length <= MOST_MANIFEST_BYTES) return { file, path, bytes, hash: sha256(bytes) }
    size = bytes.length
  } catch (error) {
    throw unreadable(
      path,
      `The manifest cannot be read: ${messageOf(error)}`,
      'Check the path and its permissions.',
    )
  }
  throw unreadable(
    path,
    `The manifest has ${size} bytes; the limit is ${MOST_MANIFEST_BYTES} (1 MiB).`,
    'Split it into several manifests: entries can refer to each other across files.',
  )
}

/**
 * Takes a manifest from the cache, or parses and validates it. What it extends is connected later.
 *
 * @throws ImagegenError with code `manifest` that lists every problem.
 */
export function understandManifest(source: ManifestSource, memory: ManifestMemory): Manifest {
  const { file, path, bytes, hash } = source
  const remembered = memory.get(hash)
  // A cached manifest was valid UTF-8; its text is decoded only when it is needed.
  let text = remembered === undefined ? decode(bytes, path) : undefined
  const content = remembered ?? parseManifest(text ?? '', path)
  if (remembered === undefined) memory.set(hash, content)
  let locate: Locate | undefined
  return {
    file,
    path,
    content,
    extended: NONE,
    styles: NONE,
    get text() {
      return (text ??= decode(bytes, path))
    },
    locate(place, part) {
      locate ??= createLocate(path, this.text)
      return locate(place, part)
    },
  }
}

const NONE: readonly never[] = []

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unreadable(path, 'The manifest is not valid UTF-8.', 'Save the file as UTF-8.')
  }
}

function unreadable(file: string, message: string, hint: string): ImagegenError {
  return new ImagegenError('manifest', {
    message,
    place: { file, line: 1, column: 1, frame: '' },
    hint,
  })
}
