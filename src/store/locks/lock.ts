import { existsSync } from 'node:fs'
import { throwIfAborted, wait } from '../../shared/abort.ts'
import {
  clockOf,
  dropClaim,
  judgeClaim,
  listClaims,
  makeClaim,
  touchClaim,
  type Claim,
} from './claim.ts'
import { isSameProcess, thisProcess, type ProcessIdentity } from './process-identity.ts'
import { findFailure, leaveFailure, sweepFailures, type SharedFailure } from './shared-failure.ts'
import { storageError } from '../storage-error.ts'
import { watchClaims, type ClaimWatch } from './watch-claims.ts'

/** How often a holder gives a sign of life, in milliseconds. Only other machines look at it. */
const HEARTBEAT = 10_000

/** Who else wants a lock. Two bundlers, or two compilers of one, may ask for the same within one process. */
export type Rival = 'this process' | 'another process'

export interface LockOptions {
  readonly folder: string
  /** Letters, digits, `-` and `_`. */
  readonly name: string
  readonly signal: AbortSignal
  /** Told once, before the first wait, who has the lock or contends for it. */
  readonly onWait?: (rival: Rival) => void
  /** Milliseconds between two looks: a random time from a half to twice of it. Default 100. */
  readonly pause?: number
  /** Who asks. Default: this process. */
  readonly self?: ProcessIdentity
  /** Called before each look at the folder: throws where it must not be used. */
  readonly check?: () => void
  /** Milliseconds by a clock that is never set. Default `performance.now`. */
  readonly now?: () => number
  /** Milliseconds without a change after which another machine's claim counts as left behind. Default 60,000. */
  readonly silence?: number
}

/** The right to do something that only one may do at a time, among all processes that share the folder. */
export interface Lock {
  /** Whether somebody else had it: what it protects may have changed. */
  readonly waited: boolean
  /** The final failure of the last holder that was waited for; `null` where there was none. */
  readonly failure: SharedFailure | null
  /** Whether it is still held: `false` after the release, or once another machine saw no sign of life and took over. */
  isHeld(): boolean
  /**
   * Gives a sign of life, and says whether it is still held: to be asked right before something that only one may do.
   * A process that was stopped for a while may have lost it without noticing.
   */
  renew(): boolean
  /** Leaves a final failure to those who wait. */
  fail(failure: SharedFailure): void
  /** Lets the next one in. Safe to call again. */
  release(): void
}

/**
 * Waits until nobody else has the lock, then has it.
 *
 * Every contender writes a claim of its own and looks whether there are others afterwards. Of two contenders at least
 * the later one sees the other's claim, so never both have the lock; where each sees the other, both step back and try
 * again after a random pause. A claim whose process is gone is removed by whoever sees it. That is safe because no
 * file name is used twice: a slow remover can never hit the claim of a newer holder, which is what makes taking over a
 * single lock file unsafe.
 *
 * @throws ImagegenError `aborted`, or `unavailable` where the folder cannot be written.
 */
export async function acquireLock(options: LockOptions): Promise<Lock> {
  const { folder, name, signal, onWait, pause = 100, self = thisProcess(), check } = options
  const watch = watchClaims({ ...options, self })
  const waitedFor: Claim[] = []
  for (;;) {
    throwIfAborted(signal)
    check?.()
    const result = contend(folder, name, self, watch)
    if ('claim' in result) return hold(folder, result.claim, waitedFor)
    if (waitedFor.length === 0) onWait?.(rivalAmong(result.rivals, self))
    remember(waitedFor, result.rivals)
    await wait(pause * (0.5 + Math.random() * 1.5), signal)
  }
}

/** Removes what processes that are gone have left of locks. */
export function sweepLocks(folder: string, self: ProcessIdentity): void {
  if (!existsSync(folder)) return
  for (const claim of listClaims(folder, () => true)) {
    const state = judgeClaim(claim, self, () => clockOf(folder))
    // One that is dated in the future is left to those who wait for it, and can see whether it changes.
    if (state === 'gone' || state === 'silent') dropClaim(claim)
  }
  sweepFailures(folder)
}

function contend(
  folder: string,
  name: string,
  self: ProcessIdentity,
  watch: ClaimWatch,
): { readonly claim: Claim } | { readonly rivals: readonly Claim[] } {
  try {
    const isThis = (other: string): boolean => other === name
    const before = listLiveClaims(folder, watch, isThis)
    // Whoever only waits writes nothing, and disturbs nobody.
    if (before.length > 0) return { rivals: before }
    const claim = makeClaim(folder, name, self)
    const rivals = listLiveClaims(folder, watch, isThis).filter(
      ({ nonce }) => nonce !== claim.nonce,
    )
    if (rivals.length === 0) return { claim }
    dropClaim(claim)
    return { rivals }
  } catch (error) {
    throw storageError(error, `Cannot lock ${name}`)
  }
}

function listLiveClaims(
  folder: string,
  watch: ClaimWatch,
  isWanted: (name: string) => boolean,
): Claim[] {
  return listClaims(folder, isWanted).filter((claim) => {
    const live = watch.isLive(claim)
    if (!live) dropClaim(claim)
    return live
  })
}

function rivalAmong(rivals: readonly Claim[], self: ProcessIdentity): Rival {
  const isOurs = rivals.every(({ owner }) => owner !== null && isSameProcess(owner, self))
  return isOurs ? 'this process' : 'another process'
}

function remember(waitedFor: Claim[], rivals: readonly Claim[]): void {
  const known = new Set(waitedFor.map(({ nonce }) => nonce))
  waitedFor.push(...rivals.filter(({ nonce }) => !known.has(nonce)))
}

function hold(folder: string, claim: Claim, waitedFor: readonly Claim[]): Lock {
  let released = false
  const isHeld = (): boolean => !released && existsSync(claim.file)
  const heartbeat = setInterval(() => quietly(() => touchClaim(claim)), HEARTBEAT)
  heartbeat.unref()
  return {
    waited: waitedFor.length > 0,
    failure:
      waitedFor.map((holder) => findFailure(folder, holder)).findLast((found) => found !== null) ??
      null,
    isHeld,
    renew() {
      if (!released) quietly(() => touchClaim(claim))
      return isHeld()
    },
    fail: (failure) => quietly(() => leaveFailure(claim, failure)),
    release() {
      if (released) return
      released = true
      clearInterval(heartbeat)
      quietly(() => dropClaim(claim))
    },
  }
}

/**
 * What a holder does besides its work must not fail it: without a sign of life, `isHeld` says what follows; without a
 * failure, the next one finds out for itself; and a claim that stays ends with its process.
 */
function quietly(action: () => void): void {
  try {
    action()
  } catch {
    // As said.
  }
}
