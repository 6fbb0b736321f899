import type { GeneratedSubject, ImageEntry } from '../manifest/entry.ts'
import type { PixelSize } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Recipe } from './recipe.ts'

/** The state of an image in the plan. */
export type ImageState =
  | 'current'
  | 'outdated'
  | 'missing'
  /** Paid for, and what came cannot be used. No run asks for the same recipe again by itself. */
  | 'unusable'
  | 'unavailable'
  | 'blocked'

/** Where a candidate's pixels come from: the provider, an adopted file, or a generated picture edited by hand. */
export type PictureOrigin = 'provider' | 'elsewhere' | 'edited'

/** One entry with its state. */
export interface PlannedImage {
  readonly entry: ImageEntry
  /** Undefined for an entry with `source`. */
  readonly made: MadeImage | undefined
  readonly state: ImageState
  /** Why the image has this state, for the user: `new`, `prompt changed`, `1 of 4 candidates`, … */
  readonly reason: string
  /** Where the candidate in use comes from; `undefined` without one, and for an entry with `source`. */
  readonly origin: PictureOrigin | undefined
  /**
   * Files of candidates that no entry asks for. They remain after `n` was lowered, or someone else added them to the
   * store.
   */
  readonly surplus: readonly string[]
  /** SHA-256 of the original in use, if there is one. */
  readonly picked: string | undefined
  /** What this entry adds to the bill, in USD. Shared originals count for the first entry that needs them. */
  readonly usd: number | null
}

/** The generated part of an entry. */
export interface MadeImage {
  readonly key: string
  /** Other keys that receipts of the same recipe may have, because references were hashed with other line endings. */
  readonly otherKeys: readonly string[]
  readonly recipe: Recipe
  readonly model: ResolvedModel
  readonly subject: GeneratedSubject
  /** The size in pixels, if it is known before the image is generated. */
  readonly expected: PixelSize | undefined
  /** The number of candidates whose bytes are present. */
  readonly present: number
}

/** What the store knows about one key. The store's own records extend this shape. */
export interface KeyInventory {
  /** Paid originals, ordered by time, then SHA-256. */
  readonly candidates: readonly StoredCandidate[]
  /** Damaged files under this key, which may hide paid originals. */
  readonly problems: readonly { readonly message: string }[]
  /** Paid pictures that cannot be used. */
  readonly unusable?: ReadonlyArray<{ readonly marker: UnusablePicture }>
}

/** What is known of a paid picture that cannot be used. */
export interface UnusablePicture {
  /** Why, in words: `the bytes are not a picture`. */
  readonly unusable: string
  /** Pixels; `null` where they are not known. */
  readonly width: number | null
  /** Pixels; `null` where they are not known. */
  readonly height: number | null
}

/** A candidate in the store. */
export interface StoredCandidate {
  readonly receipt: {
    readonly sha256: string
    readonly inputs: readonly { readonly sha256: string }[]
    /** Where the pixels come from; left out: the provider. */
    readonly origin?: PictureOrigin
    /** Pixels. */
    readonly width: number
    /** Pixels. */
    readonly height: number
  }
  readonly bytes: 'present' | 'absent' | 'lfs-pointer' | 'damaged'
  /** The file that holds, or should hold, its bytes. */
  readonly file?: string
}

/** The read-only view of the store that planning uses. */
export interface Inventory<Record extends KeyInventory = KeyInventory> {
  lookup(key: string): Record
  /** Whether a remote may have candidates that `lookup` does not know, because it was not asked. */
  readonly isPartial?: boolean
  /** The recipes of earlier originals with this entry's name, to explain why an image is missing. */
  earlierRecipes(name: string): readonly Recipe[]
  /** All receipts and markers. Left out: nothing is known of what models draw. */
  everything?(): ShownByStore
}

/** What the store shows of what models draw. Recipes are untrusted JSON. */
export interface ShownByStore {
  readonly candidates: ReadonlyArray<{
    readonly receipt: {
      readonly recipe: Readonly<Record<string, unknown>>
      readonly origin?: PictureOrigin
    }
  }>
  readonly unusable: ReadonlyArray<{
    readonly marker: UnusablePicture & { readonly recipe: Readonly<Record<string, unknown>> }
  }>
}
