import { ModelError } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { Lock } from '../store/locks/lock.ts'
import type { Settlement } from '../store/arrive/settle.ts'
import type { SharedFailure } from '../store/locks/shared-failure.ts'
import type { KeyRecord } from '../store/read/snapshot.ts'
import type { Store } from '../store/store.ts'
import { ask, type AskOptions } from './ask.ts'
import { sharedFailureOf } from './failure.ts'
import type { Order } from './order.ts'
import { clearReplaced, lostSeed, usableFor } from './renewal.ts'
import { seedOf } from './request.ts'
import { Postponed } from './retry.ts'

/** What making the candidates of a key needs. */
export interface CandidateOptions extends AskOptions {
  /** Brings here what a remote has of a key, before something of it is taken for lost. */
  readonly bringHere: (key: string) => Promise<void>
}

/** Rounds without enough new pictures before a job is given up: each of them may have been paid for. */
const MAX_ROUNDS = 3

/**
 * Fills a key up to the candidates that are wanted, while nobody else asks for it.
 *
 * @returns the final failure of somebody else who asked for it meanwhile.
 * @throws ModelError or ImagegenError where it cannot be filled, or what `tryRequest` throws.
 */
export async function makeCandidates(
  order: Order,
  model: ResolvedModel,
  options: CandidateOptions,
): Promise<SharedFailure | undefined> {
  const { store, signal, onEvent } = options
  const lock = await store.lock(order.key, { signal, onWait: () => onEvent({ kind: 'waiting' }) })
  try {
    if (lock.failure !== null) return lock.failure
    if (order.renew !== null) await options.bringHere(order.key)
    // Another machine may have brought more to the remote since this was planned.
    const before = await readRecord(order, store, order.renew === null ? order.wanted : Infinity)
    let record = before
    for (let round = 0; usableFor(order, record).length < order.wanted; round++) {
      const there = usableFor(order, record).length
      if (round === MAX_ROUNDS) throw tooFew(order, there)
      const pictures = Math.min(order.wanted - there, model.maxImagesPerCall)
      const seed = lostSeed(order, record) ?? seedOf(order, model, record.candidates.length)
      const settlement = await ask(order, model, pictures, seed, options).catch(
        (error: unknown) => {
          // Some came before: what is there can be used.
          const isEmpty = error instanceof ModelError && error.code === 'empty'
          throw isEmpty && there > 0 ? tooFew(order, there) : error
        },
      )
      // What has just come is here: whether a remote answers in this moment is of no importance.
      record = await readRecord(order, store, 0)
      // Asking again in the same way would be paid for again, and most likely answered in the same way.
      if (usableFor(order, record).length === there) throw nothingNew(settlement)
    }
    await clearReplaced(order, before, store)
    return undefined
  } catch (error) {
    leaveFailure(order, lock, error)
    throw error
  } finally {
    lock.release()
  }
}

/**
 * The key's record, read anew; an answer that a killed process had left is stored first.
 *
 * @param candidates so many are looked for in a remote, if there is one.
 */
async function readRecord(order: Order, store: Store, candidates: number): Promise<KeyRecord> {
  const wanted = { key: order.key, candidates }
  let record = await store.readKey(wanted)
  if (record.problems.some(({ kind }) => kind === 'response-pending')) {
    await store.recover()
    record = await store.readKey(wanted)
  }
  const [problem] = record.problems
  if (problem !== undefined && order.renew?.kind !== 'lost')
    throw new ImagegenError('unavailable', problem)
  return record
}

function nothingNew({ unusable, duplicates }: Settlement): ImagegenError {
  const [first] = unusable
  if (first !== undefined) {
    return new ImagegenError('unusable', {
      message: `The answer was paid for and cannot be used: ${first.reason}. It is kept as ${first.file}.`,
      hint: 'Look at what is kept there; run `imagegen generate` to ask again.',
    })
  }
  return new ImagegenError('unusable', {
    message:
      duplicates.length > 0
        ? 'The model answered with a picture that is there already.'
        : 'The model answered with no picture.',
    hint: 'Give another `seed`, or change the prompt.',
  })
}

function tooFew(order: Order, there: number): ImagegenError {
  return new ImagegenError('unusable', {
    message: `Only ${there} of ${order.wanted} candidates could be had; the model refused the others.`,
    hint: 'What came is kept. Change the prompt, or lower `n`.',
  })
}

/** Who waits for the same key takes a final failure over, instead of having it once more. */
function leaveFailure(order: Order, lock: Lock, error: unknown): void {
  if (error instanceof Postponed) return
  if (error instanceof ImagegenError && (error.code === 'aborted' || error.code === 'budget'))
    return
  const { code, message, hint, stopsRun } = sharedFailureOf(order, error)
  lock.fail({ code, message, hint, stopsRun })
}
