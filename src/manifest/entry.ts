import type { MediaType } from '../pixels/media-type.ts'
import type { JsonValue } from '../shared/hash.ts'
import type { DocumentPath, Manifest } from './manifest.ts'
import type { Output } from './schema/output.ts'
import type { Operation } from './schema/process.ts'

/** One image: every default filled in, every variable and reference resolved. Nobody looks at YAML after this. */
export interface ImageEntry {
  /** `<path of the manifest>#<name>`, or the path alone for the form with one image. */
  readonly id: string
  readonly manifest: Manifest
  /** Where its fields start in the document. */
  readonly path: DocumentPath
  readonly name: string
  /** The named export; nothing for the form with one image, and for names that cannot be one. */
  readonly exportName: string | undefined
  /** Nothing was written: a warning has said so. */
  readonly alt: string | undefined
  readonly subject: Subject
  readonly operations: readonly Operation[]
  readonly output: Output
  /** The candidate that is used, from 1. */
  readonly pick: number
}

/** Where the pixels come from. */
export type Subject = GeneratedSubject | SourceSubject

/** Pixels that a model makes. */
export interface GeneratedSubject {
  readonly kind: 'generated'
  /** The model's name in the options. */
  readonly model: string
  /** In the normal form: variables filled in, NFC, LF, no blanks at line ends, trimmed. */
  readonly prompt: string
  readonly aspectRatio: `${number}:${number}` | undefined
  readonly size: `${number}x${number}` | undefined
  readonly seed: number | undefined
  /** How many candidates to have. */
  readonly candidates: number
  readonly references: readonly Reference[]
  readonly providerOptions: Readonly<Record<string, JsonValue>>
  readonly revision: number | undefined
}

/** Pixels that a person made. */
export interface SourceSubject {
  readonly kind: 'source'
  /** Absolute. */
  readonly file: string
  /** Of its bytes; of a Git LFS pointer, of the file that it stands for. */
  readonly sha256: string
  /** What kind of picture it is, where its bytes are of a known kind. */
  readonly mediaType: MediaType | undefined
  readonly isLfsPointer: boolean
  /** What it is where other images refer to it. */
  readonly reference: FileDigest
}

/** The content of a file as it enters keys. */
export interface FileDigest {
  /** Of an SVG, with its line endings normalised; of a Git LFS pointer, of the file that it stands for. */
  readonly sha256: string
  /** The same picture with other line endings: keys of earlier versions may hold these. */
  readonly otherSha256s: readonly string[]
}

/** A picture whose subject is kept. */
export type Reference = (
  | ({ readonly kind: 'file'; readonly file: string; readonly isLfsPointer: boolean } & FileDigest)
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'entry'; readonly id: string }
) & {
  /** What the model should keep; nothing: the model's default. */
  readonly type: string | undefined
  /** Its place in the list, for messages. */
  readonly index: number
}
