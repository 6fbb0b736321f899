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

/** The time between two heartbeats of a holder, in milliseconds. Only other machines look at them. */
const HEARTBEAT = 10_000

/** Who else wants a lock. Two bundlers, or two compilers of one bundler, may ask for the same lock in one process. */
export type Rival = 'this process' | 'another process'

export interface LockOptions {
  readonly folder: string
  /** Letters, digits, `-` and `_`. */
  readonly name: string
  readonly signal: AbortSignal
  /** Called once, before the first wait, with the holder or rival. */
  readonly onWait?: (rival: Rival) => void
  /** Milliseconds between two looks: a random time from half to twice this value. Default 100. */
  readonly pause?: number
  /** The contender. Default: this process. */
  readonly self?: ProcessIdentity
  /** Called before each look at the folder. Throws where the folder must not be used. */
  readonly check?: () => void
  /** Milliseconds by a clock that is never set. Default `performance.now`. */
  readonly now?: () => number
  /** Milliseconds without a change after which another machine's claim counts as abandoned. Default 60,000. */
  readonly silence?: number
}

/** The exclusive right to do something, among all processes that share the folder. */
export interface Lock {
  /** Whether this contender waited: what the lock protects may have changed. */
  readonly waited: boolean
  /** The final failure of the last holder that was waited for. `null` where there was none. */
  readonly failure: SharedFailure | null
  /**
   * Whether the lock is still held: `false` after the release, or once another machine saw no heartbeat and took over.
   */
  isHeld(): boolean
  /**
   * Writes a heartbeat and returns whether the lock is still held. Call it right before an exclusive action: a process
   * that was suspended may have lost the lock without noticing.
   */
  renew(): boolean
  /** Leaves a final failure for the processes that wait. */
  fail(failure: SharedFailure): void
  /** Releases the lock. Safe to call again. */
  release(): void
}

/**
 * Waits until no other contender has the lock, then takes it.
 *
 * Every contender writes its own claim and then looks for other claims. At least the later of two contenders sees the
 * other's claim, so both never hold the lock. Where each sees the other, both withdraw and retry after a random pause.
 * Any contender removes a claim whose process is gone. That is safe because no file name is used twice: a slow
 * contender can never remove the claim of a newer holder. With a single lock file it could.
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

/** Removes lock files of processes that are gone. */
export function sweepLocks(folder: string, self: ProcessIdentity): void {
  if (!existsSync(folder)) return
  for (const claim of listClaims(folder, () => true)) {
    const state = judgeClaim(claim, self, () => clockOf(folder))
    // A claim dated in the future is left to contenders that wait for it and can see whether it changes.
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
    // A contender that only waits writes nothing and disturbs no other contender.
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
  const heartbeat = setInterval(() => bestEffort(() => touchClaim(claim)), HEARTBEAT)
  heartbeat.unref()
  return {
    waited: waitedFor.length > 0,
    failure:
      waitedFor.map((holder) => findFailure(folder, holder)).findLast((found) => found !== null) ??
      null,
    isHeld,
    renew() {
      if (!released) bestEffort(() => touchClaim(claim))
      return isHeld()
    },
    fail: (failure) => bestEffort(() => leaveFailure(claim, failure)),
    release() {
      if (released) return
      released = true
      clearInterval(heartbeat)
      bestEffort(() => dropClaim(claim))
    },
  }
}

/**
 * Runs an action whose failure must not fail the holder's work. A missed heartbeat shows in `isHeld`, a missing failure
 * file makes the next holder try for itself, and a claim that stays ends with its process.
 */
function bestEffort(action: () => void): void {
  try {
    action()
  } catch {
    // Best effort; see above.
  }
}
