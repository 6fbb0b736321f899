import { ModelError } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import { shapeCure } from '../plan/unusable.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { Lock } from '../store/locks/lock.ts'
import { DUPLICATE, duplicateMarker } from '../store/arrive/marker.ts'
import type { Settlement } from '../store/arrive/settle.ts'
import type { SharedFailure } from '../store/locks/shared-failure.ts'
import type { KeyRecord } from '../store/read/snapshot.ts'
import type { Store } from '../store/store.ts'
import { ask, type AskOptions } from './ask.ts'
import { sharedFailureOf } from './failure.ts'
import { isRefusedRequest, type ImagesPerCall } from './images-per-call.ts'
import type { Order } from './order.ts'
import { clearReplaced, lostSeed, usableFor } from './renewal.ts'
import { seedOf } from './request.ts'
import { Postponed } from './retry.ts'

/** What making the candidates of a key needs. */
export interface CandidateOptions extends AskOptions {
  /** Brings here what a remote has of a key, before something of it is taken for lost. */
  readonly bringHere: (key: string) => Promise<void>
  /** What the run has found out of how many images a call may ask for. */
  readonly imagesPerCall: ImagesPerCall
}

/**
 * Refused rounds in a row before a key is given up. One round of a long row may be refused by chance, but each of them
 * may have been billed. A round that brings something new starts the count again.
 */
const MAX_REFUSED_ROUNDS = 3

/**
 * Fills a key up to the candidates that are wanted, while no other process requests it. Where the lock is lost before a request
 * is sent, the store is looked at again instead: the process that took over the key has most likely made them.
 *
 * @returns the final failure of another process that requested it meanwhile.
 * @throws ModelError or ImagegenError where it cannot be filled, or what `tryRequest` throws.
 */
export async function makeCandidates(
  order: Order,
  model: ResolvedModel,
  options: CandidateOptions,
): Promise<SharedFailure | undefined> {
  for (;;) {
    const outcome = await fillUnderLock(order, model, options)
    if (outcome !== 'lock-lost') return outcome
  }
}

async function fillUnderLock(
  order: Order,
  model: ResolvedModel,
  options: CandidateOptions,
): Promise<SharedFailure | undefined | 'lock-lost'> {
  const { store, signal, onEvent } = options
  const lock = await store.lock(order.key, {
    signal,
    onWait(rival) {
      // Of what this process asks for elsewhere, it tells there.
      if (rival === 'another process') onEvent({ kind: 'waiting' })
    },
  })
  try {
    if (lock.failure !== null) return lock.failure
    if (order.renew !== null) await options.bringHere(order.key)
    // Another machine may have brought more to the remote since this was planned.
    const before = await readRecord(order, store, order.renew === null ? order.wanted : Infinity)
    if (order.renew === null && usableFor(order, before).length < order.wanted) {
      refuseUnusable(order, model, before)
    }
    let record = before
    let refusedRounds = 0
    let singly = false
    while (usableFor(order, record).length < order.wanted) {
      const there = usableFor(order, record).length
      const most = singly ? 1 : options.imagesPerCall.of(model)
      const pictures = Math.min(order.wanted - there, most)
      const seed =
        lostSeed(order, record) ??
        seedOf(order, model, record.candidates.length + record.unusable.length)
      const arrival = await ask(order, model, pictures, seed, lock, options).catch(
        (error: unknown) => {
          if (there > 0 && isRefusedRound(error)) return undefined
          // It may take fewer images at once than it says. A refusal is not paid for.
          if (pictures > 1 && isRefusedRequest(error)) return 'refused-several' as const
          throw error
        },
      )
      if (arrival === 'lock-lost') return arrival
      if (arrival === 'refused-several') {
        singly = true
        continue
      }
      if (singly && options.imagesPerCall.of(model) > 1) {
        options.imagesPerCall.lower(model)
        onEvent({ kind: 'warning', message: overstated(model) })
      }
      if (arrival === undefined) {
        refusedRounds += 1
        if (refusedRounds === MAX_REFUSED_ROUNDS) throw refusedTooOften(order, there)
        continue
      }
      refusedRounds = 0
      // What has just come is here: whether a remote answers in this moment is of no importance.
      record = await readRecord(order, store, 0)
      const now = usableFor(order, record).length
      // What could not be fetched is paid for: nothing is asked for in its place.
      if (now < order.wanted && arrival.leftOver !== undefined) {
        throw notFetched(order, now, arrival.leftOver)
      }
      // Asking again in the same way would be paid for again, and most likely answered in the same way.
      if (now < order.wanted && (now === there || arrival.settlement.unusable.length > 0)) {
        const problem = nothingNew(order, model, now, arrival.settlement)
        await markDuplicates(order, record, arrival.settlement, store)
        throw problem
      }
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
 * Reads the key's record again, after storing an answer that a killed process left.
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

function overstated({ name, maxImagesPerCall }: ResolvedModel): string {
  return `${name} refused a request for several images and drew a single one, although its maxImagesPerCall is ${maxImagesPerCall}: this run goes on with 1 image a request. To plan with that, declare it: imageModel(…, { maxImagesPerCall: 1 }).`
}

/** The model answered, and refused every picture of the round. */
function isRefusedRound(error: unknown): boolean {
  return error instanceof ModelError && error.code === 'empty'
}

/**
 * A model that draws the same picture again would do so in every run, and be paid for it. The marker is written here and
 * not while the answer is stored: after a crash, that takes the answer's own pictures for duplicates.
 */
async function markDuplicates(
  order: Order,
  { candidates }: KeyRecord,
  { response, duplicates, unusable }: Settlement,
  store: Store,
): Promise<void> {
  // What cannot be used has a marker already. Outdated pictures are only renewed because a person says so.
  if (unusable.length > 0 || order.renew?.kind === 'outdated') return
  for (const sha256 of new Set(duplicates)) {
    const known = candidates.find(({ receipt }) => receipt.sha256 === sha256)
    if (known !== undefined) await store.keepMarker(duplicateMarker(response, known.receipt))
  }
}

/** A round brought nothing that can be used: what it did bring says why. */
function nothingNew(
  order: Order,
  model: ResolvedModel,
  there: number,
  { unusable, duplicates }: Settlement,
): ImagegenError {
  const have = there === 0 ? '' : ` ${there} of ${order.wanted} candidates are there and stay.`
  const [first] = unusable
  if (first !== undefined) {
    return new ImagegenError('unusable', {
      message: `The answer was paid for and cannot be used: ${first.reason}. It is kept as ${first.file}.${have}`,
      hint: howToGoOn(order, model, first.size, there),
    })
  }
  if (duplicates.length > 0) {
    return new ImagegenError('unusable', {
      message: `The answer was paid for and cannot be used: ${DUPLICATE}.${have}`,
      hint:
        order.renew?.kind === 'outdated'
          ? 'The outdated picture stays in use. To get another one, change the recipe.'
          : howToGoOn(order, model, null, there),
    })
  }
  return new ImagegenError('unusable', {
    message: `The model answered with no picture.${have}`,
    hint:
      there === 0
        ? 'Give another `seed`, or change the prompt.'
        : `Give another \`seed\`, change the prompt, or set \`n\` to ${there}.`,
  })
}

function notFetched(order: Order, there: number, file: string): ImagegenError {
  return new ImagegenError('unusable', {
    message: `Pictures that are paid for could not be fetched: ${there} of ${order.wanted} candidates are there. Their addresses are kept as ${file}.`,
    hint: 'Save them by hand while the provider keeps them, and use them with `source`; `imagegen generate` asks for others, which costs.',
  })
}

function refusedTooOften(order: Order, there: number): ImagegenError {
  return new ImagegenError('unusable', {
    message: `The model refused every picture of ${MAX_REFUSED_ROUNDS} requests in a row: ${there} of ${order.wanted} candidates are there.`,
    hint: `They are kept. Run \`imagegen generate\` to ask for the others again, change the prompt, or set \`n\` to ${there}.`,
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

/**
 * A recipe whose answer was paid for and cannot be used is requested again only if a person says so.
 *
 * @throws ImagegenError with code `unusable`.
 */
function refuseUnusable(
  order: Order,
  model: ResolvedModel,
  { candidates, unusable }: KeyRecord,
): void {
  const [first] = unusable
  if (first === undefined) return
  const { width, height, unusable: reason } = first.marker
  throw new ImagegenError('unusable', {
    message: `An earlier answer was paid for and cannot be used: ${reason}. Nothing was asked for.`,
    hint: howToGoOn(
      order,
      model,
      width === null || height === null ? null : { width, height },
      candidates.length,
    ),
  })
}

function howToGoOn(
  { recipe }: Order,
  model: ResolvedModel,
  size: { readonly width: number; readonly height: number } | null,
  there: number,
): string {
  const cure = size === null ? undefined : shapeCure(recipe, model, size)
  const way = cure === undefined ? 'Change its recipe' : `Write ${cure}`
  const fewer = there === 0 ? '' : `, or set \`n\` to ${there}`
  return `${way}${fewer}; or request it again with \`imagegen generate --replace ID\`, which costs money.`
}
