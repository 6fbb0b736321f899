import type { GeneratedSubject, ImageEntry } from '../manifest/entry.ts'
import type { PixelSize } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Recipe } from './recipe.ts'

export type ImageState = 'current' | 'outdated' | 'missing' | 'unavailable' | 'blocked'

/** One entry, and how it stands. */
export interface PlannedImage {
  readonly entry: ImageEntry
  /** Nothing for an entry with `source`. */
  readonly made: MadeImage | undefined
  readonly state: ImageState
  /** In words, for people: `new`, `prompt changed`, `1 of 4 candidates`, … */
  readonly reason: string
  /**
   * Files of the candidates beyond those that entries ask for: what is left after `n` was lowered, or what somebody else
   * has put there.
   */
  readonly surplus: readonly string[]
  /** What this entry adds to the bill, USD: shared originals are counted with the first entry that needs them. */
  readonly usd: number | null
}

/** The generated side of an entry. */
export interface MadeImage {
  readonly key: string
  /** Other keys that receipts of the same recipe may have: references that were hashed with other line endings. */
  readonly otherKeys: readonly string[]
  readonly recipe: Recipe
  readonly model: ResolvedModel
  readonly subject: GeneratedSubject
  /** The pixels it will have, where they are known before it exists. */
  readonly expected: PixelSize | undefined
  /** Candidates whose bytes are there. */
  readonly present: number
}

/** What the store knows of one key. The store's own records have this shape and more. */
export interface KeyInventory {
  /** Paid originals, ordered by time, then SHA-256. */
  readonly candidates: readonly StoredCandidate[]
  /** Damage under this key: what it hides may have been paid. */
  readonly problems: readonly { readonly message: string }[]
}

export interface StoredCandidate {
  readonly receipt: {
    readonly sha256: string
    readonly inputs: readonly { readonly sha256: string }[]
  }
  readonly bytes: 'present' | 'absent' | 'lfs-pointer' | 'damaged'
  /** Where its bytes lie, or belong. */
  readonly file?: string
}

/** What planning asks the store, without effects. */
export interface Inventory<Record extends KeyInventory = KeyInventory> {
  lookup(key: string): Record
  /** Recipes of earlier originals that had this entry's name, newest first: why something is missing. */
  earlierRecipes(name: string): readonly Recipe[]
}
