import type { Manifest } from '../pipeline.ts'
import { sha256 } from '../shared/hash.ts'

/** Identifies what a manifest says: a change is written only into the text that the page saw. */
export function manifestDigest({ text }: Pick<Manifest, 'text'>): string {
  return sha256(text)
}
