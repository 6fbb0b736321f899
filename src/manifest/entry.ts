import type { MediaType } from '../pixels/media-type.ts'
import type { JsonValue } from '../shared/hash.ts'
import type { DocumentPath, Manifest } from './manifest.ts'
import type { Output } from './schema/output.ts'
import type { Operation } from './schema/process.ts'

/** One image with every default filled in and every variable and reference resolved. Later stages never read YAML. */
export interface ImageEntry {
  /** `<path of the manifest>#<name>`, or the path alone for a single-image manifest. */
  readonly id: string
  readonly manifest: Manifest
  /** Where the image's fields start in the YAML document. */
  readonly path: DocumentPath
  readonly name: string
  /** The named export; undefined for a single-image manifest and for names that are not valid identifiers. */
  readonly exportName: string | undefined
  /** The text alternative; undefined if the manifest has none, which is reported as a warning. */
  readonly alt: string | undefined
  readonly subject: Subject
  readonly operations: readonly Operation[]
  readonly output: Output
  /** The candidate in use, counted from 1. */
  readonly pick: number
}

/** Where the pixels come from. */
export type Subject = GeneratedSubject | SourceSubject

/** An image that a model generates. */
export interface GeneratedSubject {
  readonly kind: 'generated'
  /** The model's name in the options. */
  readonly model: string
  /** The normalised prompt: variables filled in, NFC, LF, no trailing spaces, trimmed. */
  readonly prompt: string
  readonly aspectRatio: `${number}:${number}` | undefined
  readonly size: `${number}x${number}` | undefined
  readonly seed: number | undefined
  /** How many candidates to generate. */
  readonly candidates: number
  readonly references: readonly Reference[]
  readonly providerOptions: Readonly<Record<string, JsonValue>>
  readonly revision: number | undefined
}

/** An image file that a person made. */
export interface SourceSubject {
  readonly kind: 'source'
  /** Absolute. */
  readonly file: string
  /** SHA-256 of the file's bytes; for a Git LFS pointer, of the file that it points to. */
  readonly sha256: string
  /** The media type, if the bytes are of a known one. */
  readonly mediaType: MediaType | undefined
  readonly isLfsPointer: boolean
  /** The digest that other images use when they reference this one. */
  readonly reference: FileDigest
}

/** A file's content as recipe keys contain it. */
export interface FileDigest {
  /** SHA-256 with an SVG's line endings normalised; for a Git LFS pointer, of the file that it points to. */
  readonly sha256: string
  /** Digests of the same picture with other line endings, which keys of earlier versions may contain. */
  readonly otherSha256s: readonly string[]
}

/** A picture whose subject the model should keep. */
export type Reference = (
  | ({ readonly kind: 'file'; readonly file: string; readonly isLfsPointer: boolean } & FileDigest)
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'entry'; readonly id: string }
) & {
  /** What the model should keep; undefined for the model's default. */
  readonly type: string | undefined
  /** Its index in `references`, for messages. */
  readonly index: number
}
