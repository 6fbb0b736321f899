import type { MediaType } from '../pixels/media-type.ts'
import type { JsonValue } from '../shared/hash.ts'
import type { DocumentPath, Manifest } from './manifest.ts'
import type { Output, RenditionSettings } from './schema/output.ts'
import type { Operation } from './schema/process.ts'
import type { ImageFields, ImageSettings } from './schema/schema.ts'

/** One image with every default filled in and every variable and reference resolved. Later stages never read YAML. */
export interface ImageEntry {
  /** `<path of the manifest>#<name>`, or the path alone for a single-image manifest. */
  readonly id: string
  readonly manifest: Manifest
  /** Where the image's fields start in the YAML document. */
  readonly path: DocumentPath
  /** The settings of the image alone, which tell where a field is written. */
  readonly own: ImageSettings
  readonly name: string
  /** The named export; undefined for a single-image manifest and for names that are not valid identifiers. */
  readonly exportName: string | undefined
  /** The text alternative; undefined if the manifest has none, which is reported as a warning. */
  readonly alt: string | undefined
  readonly subject: Subject
  readonly operations: readonly Operation[]
  readonly output: Output
  /** What is shown instead where a media query matches; the first one that does. */
  readonly media: readonly MediaVariant[]
  /** The candidate in use. */
  readonly pick: CandidatePick
  /** The values of the matrix that this image stands for; undefined for an image without a matrix. */
  readonly combination: ReadonlyMap<string, string> | undefined
  /** The overrides of the matrix that apply to this image; later ones win. */
  readonly overrides: readonly AppliedOverride[]
}

/** What an image shows where a media query matches. */
export interface MediaVariant {
  /** The media query. */
  readonly media: string
  /** The id of the image that is shown; undefined for the image itself. */
  readonly image: string | undefined
  /** What differs from the output of the image that is shown. */
  readonly settings: RenditionSettings
}

/** A candidate: its number from 1, or the first digits of its SHA-256, at least 8, in lower case. */
export type CandidatePick = number | string

/** Fields that an override gives to an image. */
export interface AppliedOverride {
  /** The manifest that they are written in, or one that it extends. */
  readonly home: Manifest
  /** Where they start in that file; undefined for an override of the options. */
  readonly path: DocumentPath | undefined
  readonly fields: ImageFields
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
