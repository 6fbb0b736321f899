import type { Recipe } from './recipe.ts'

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
