import path from 'node:path'
import { ImagegenError } from '../shared/errors.ts'
import { MANIFEST_FILE, manifestPath } from './read/discover.ts'
import type { Manifest } from './manifest.ts'

/** What the text of a reference says, before anybody looked whether it is there. */
export type WrittenReference =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  /** `manifest` is its path from the root; no name: the one image of the form without names. */
  | { readonly kind: 'entry'; readonly manifest: string; readonly name: string | undefined }

/**
 * Reads `./file.png`, `https://…`, `#name`, `./other.image.yaml#name` and `./hero.image.yaml`.
 *
 * @throws ImagegenError for a URL that is not https.
 */
export function parseReference(text: string, manifest: Manifest, root: string): WrittenReference {
  if (/^[a-z][a-z0-9+.-]+:/i.test(text)) return { kind: 'url', url: readUrl(text) }
  const hash = text.indexOf('#')
  const file = hash < 0 ? text : text.slice(0, hash)
  const name = hash < 0 ? undefined : text.slice(hash + 1).normalize('NFC')
  if (file === '' && name !== undefined) return { kind: 'entry', manifest: manifest.path, name }
  if (!MANIFEST_FILE.test(file)) return { kind: 'file', path: text }
  const target = path.resolve(path.dirname(manifest.file), file)
  return { kind: 'entry', manifest: manifestPath(root, target), name }
}

function readUrl(text: string): string {
  if (!/^https:/i.test(text) || !URL.canParse(text)) {
    throw new ImagegenError('manifest', {
      message: `\`${text}\` is no reference: a URL must start with https://.`,
    })
  }
  return text
}
