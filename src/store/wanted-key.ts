/** A recipe key that will be looked up. */
export interface WantedKey {
  /** All 64 hex digits. */
  readonly key: string
  /** How many candidates it shall have: a store that has fewer looks for more in its remote. */
  readonly candidates: number
}
