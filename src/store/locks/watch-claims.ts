import { clockOf, judgeClaim, readAgain, SILENCE, type Claim } from './claim.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** One contender's view of the claims of others, from look to look. */
export interface ClaimWatch {
  /** Whether its process still runs, or must be taken to. */
  isLive(claim: Claim): boolean
}

export interface ClaimWatchOptions {
  readonly folder: string
  readonly self: ProcessIdentity
  /** Milliseconds by a clock that is never set. Default `performance.now`. */
  readonly now?: () => number
  /** Milliseconds without a change after which a claim from elsewhere counts as left behind. Default 60,000. */
  readonly silence?: number
}

/**
 * Judges claims by whether they change while somebody waits. The date of a claim is only as good as the clock that set
 * it: after a clock was set back, a claim may be dated in a year, and its holder be gone.
 */
export function watchClaims({
  folder,
  self,
  now = () => performance.now(),
  silence = SILENCE,
}: ClaimWatchOptions): ClaimWatch {
  const seen = new Map<string, { readonly date: number; readonly since: number }>()
  return {
    isLive(claim) {
      const state = judgeClaim(claim, self, () => clockOf(folder))
      if (state === 'gone') return false
      // Its holder may have given a sign of life between the two looks.
      if (state === 'silent') return readAgain(claim)?.seen !== claim.seen
      if (claim.owner?.host === self.host) return true
      const known = seen.get(claim.nonce)
      if (known?.date !== claim.seen) {
        seen.set(claim.nonce, { date: claim.seen, since: now() })
        return true
      }
      return now() - known.since < silence || readAgain(claim)?.seen !== claim.seen
    },
  }
}
