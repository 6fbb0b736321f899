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
 * @throws ImagegenError for a URL that is not https, or holds a user name or password.
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
  const fault = urlFault(text)
  if (fault === undefined) return text
  throw new ImagegenError('manifest', { message: fault })
}

/**
 * Why a text is no URL that can be a reference, or nothing. A user name or password is refused, and not repeated: the
 * manifest is committed, and the URL enters receipts and goes to the provider.
 */
export function urlFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    return `The URL of ${url.host} must not hold a user name or password: it goes to the provider and into receipts.`
  }
  if (url?.protocol === 'https:') return undefined
  return `\`${text}\` is no reference: a URL must start with https://.`
}
