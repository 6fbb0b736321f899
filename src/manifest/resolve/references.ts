import path from 'node:path'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import { nearest } from '../../shared/suggest.ts'
import type { FileDigest } from '../entry.ts'
import type { DocumentPath, Manifest } from '../manifest.ts'
import { MANIFEST_FILE, manifestPath } from '../read/discover.ts'
import { namesNoImage } from '../read/extend.ts'
import { homeOf } from '../written.ts'
import type { Expansion, ImageDraft } from './expand.ts'
import type { LocalFile } from './local-files.ts'

export type Fail = (field: DocumentPath, message: string, hint?: string) => undefined
export type FindFile = (field: DocumentPath, written: string) => LocalFile | undefined

/** Looks up the images of a project by manifest. */
export interface KnownImages {
  readonly root: string
  /** @param manifest path from the root. */
  expansionOf(manifest: string): Expansion | 'unreadable' | undefined
}

/** A resolved reference without its `type` and `index`. */
export type FoundReference =
  | ({ readonly kind: 'file'; readonly file: string; readonly isLfsPointer: boolean } & FileDigest)
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'entry'; readonly id: string }

/** Resolves the text of a reference, or reports why it cannot. */
export function findReference(
  text: string,
  field: DocumentPath,
  draft: ImageDraft,
  known: KnownImages,
  findFile: FindFile,
  fail: Fail,
): FoundReference | undefined {
  let written: WrittenReference
  try {
    const home = homeOf(draft, field)
    if (text.startsWith('#') && home.content.form === 'style') {
      const { message, hint } = namesNoImage(text)
      return fail(field, message, hint)
    }
    written = parseReference(text, home, known.root)
  } catch (error) {
    return fail(field, messageOf(error))
  }
  switch (written.kind) {
    case 'url':
      return written
    case 'file': {
      const found = findFile(field, written.path)
      if (found === undefined) return undefined
      const { file, isLfsPointer, reference } = found
      return { kind: 'file', file, isLfsPointer, ...reference }
    }
    case 'entry':
      return entryReference(text, written, field, known, fail)
    default:
      return written satisfies never
  }
}

/** Looks up the image that a reference names, or reports why there is none. */
export function entryReference(
  text: string,
  written: Extract<WrittenReference, { kind: 'entry' }>,
  field: DocumentPath,
  known: KnownImages,
  fail: Fail,
): Extract<FoundReference, { kind: 'entry' }> | undefined {
  const id = written.name === undefined ? written.manifest : `${written.manifest}#${written.name}`
  const expansion = known.expansionOf(written.manifest)
  if (expansion === 'unreadable' || expansion?.ids().has(id) === true) return { kind: 'entry', id }
  if (expansion === undefined) {
    return fail(
      field,
      `\`${text}\`: there is no manifest ${written.manifest}.`,
      'Check the path, and whether the option `include` matches the manifest.',
    )
  }
  const { manifest, drafts } = expansion
  if (manifest.content.form === 'style') {
    return fail(
      field,
      `\`${text}\`: ${manifest.path} is a style, which has no images.`,
      'Name a manifest with images.',
    )
  }
  const names = drafts.flatMap(({ name }) => (name === '' ? [] : [name]))
  if (manifest.content.form === 'single') {
    return fail(
      field,
      `\`${text}\`: ${manifest.path} holds one image, without a name.`,
      'Remove the # and everything after it.',
    )
  }
  if (written.name === undefined) {
    return fail(
      field,
      `\`${text}\`: ${manifest.path} holds several images.`,
      `Name one of them, such as \`#${names[0] ?? 'name'}\`.`,
    )
  }
  const suggestion = nearest(written.name, names)
  return fail(
    field,
    `\`${text}\`: ${manifest.path} has no image \`${written.name}\`.`,
    suggestion === undefined
      ? `It has: ${names.slice(0, 12).join(', ')}.`
      : `Did you mean \`${suggestion}\`?`,
  )
}

/** A parsed reference, before its target is looked up. */
export type WrittenReference =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  /** `manifest` is a path from the root; `name` is undefined for a single-image manifest. */
  | { readonly kind: 'entry'; readonly manifest: string; readonly name: string | undefined }

/**
 * Parses `./file.png`, `https://…`, `#name`, `./other.image.yaml#name` and `./hero.image.yaml`.
 *
 * @throws ImagegenError for a URL that is not https, or contains a user name or password.
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
 * Returns why a URL cannot be a reference, or undefined. A user name or password is refused and not repeated, because
 * the manifest is committed, and the URL goes into receipts and to the provider.
 */
export function urlFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    return `The URL of ${url.host} must not hold a user name or password: it goes to the provider and into receipts.`
  }
  if (url?.protocol === 'https:') return undefined
  return `\`${text}\` is not a reference: a URL must start with https://.`
}
