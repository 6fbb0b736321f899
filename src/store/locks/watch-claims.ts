import { clockOf, judgeClaim, readAgain, SILENCE, type Claim } from './claim.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** One contender's view of the claims of others, from look to look. */
export interface ClaimWatch {
  /** Whether the claim's process runs, or may still run. */
  isLive(claim: Claim): boolean
}

export interface ClaimWatchOptions {
  readonly folder: string
  readonly self: ProcessIdentity
  /** Milliseconds by a clock that is never set. Default `performance.now`. */
  readonly now?: () => number
  /** Milliseconds without a change after which another machine's claim counts as abandoned. Default 60,000. */
  readonly silence?: number
}

/**
 * Judges claims from other machines by whether they change while a contender waits. The date of a claim is only as good
 * as the clock that set it: after a clock was set back, a claim may be dated a year ahead although its holder is gone.
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
      // The holder may have written a heartbeat between the two looks.
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
