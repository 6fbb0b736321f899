import { existsSync, lstatSync } from 'node:fs'
import path from 'node:path'
import { isNotFound } from '../../shared/files.ts'
import { receiptName, shortKeyOf } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import { judgeClaim, listClaims } from '../locks/claim.ts'
import { type Bundle, bundleFiles } from './bundle.ts'

/** The folder at one moment. */
export interface View {
  /** All of them. */
  readonly names: readonly string[]
  readonly bundles: readonly Bundle[]
  /** What arrived, and nobody is storing. */
  readonly responses: readonly WaitingResponse[]
}

/**
 * Looks until nothing has become an original meanwhile. What somebody is storing at this moment is seen as not there
 * yet, and not as a picture without a receipt.
 *
 * @param only a key as it stands in names: what belongs to others is left out. Left out: all.
 */
export function lookAt(folder: StoreFolder, only?: string): View {
  const isWanted = (shortKey: string): boolean => only === undefined || shortKey === only
  folder.check()
  for (;;) {
    const before = listWaiting(folder, isWanted)
    const names = folder.names('root')
    const { files, stuck, inWork } = listWaiting(folder, isWanted)
    const wanted = only === undefined ? names : names.filter((name) => name.includes(`.${only}.`))
    const bundles = bundleFiles(wanted).filter(
      ({ hasReceipt, shortKey }) => hasReceipt || !inWork.has(shortKey),
    )
    const isSteady =
      [...before.files].every((file) => files.has(file)) &&
      // Not by where a link leads: one that leads nowhere would never be steady.
      stuck.every(({ file }) => lstatSync(file, { throwIfNoEntry: false }) !== undefined) &&
      bundles.every(
        ({ hasReceipt, base }) =>
          hasReceipt || !existsSync(path.join(folder.root, receiptName(base))),
      )
    if (isSteady) return { names, bundles, responses: stuck }
  }
}

/** A response that arrived and is no original. */
export interface WaitingResponse {
  readonly kind: 'response-pending' | 'response-damaged'
  readonly shortKey: string
  readonly file: string
}

/** What is on its way into the store. */
export interface Waiting {
  /** Every file that waits. */
  readonly files: ReadonlySet<string>
  /**
   * Those that nobody is storing at this moment. Whoever holds their key's lock is about to finish, and whoever wants
   * the key waits for that lock.
   */
  readonly stuck: readonly WaitingResponse[]
  /** The short keys of the others. */
  readonly inWork: ReadonlySet<string>
}

/** @param isWanted by the key as it stands in names: what belongs to others is not looked at. */
export function listWaiting(folder: StoreFolder, isWanted: (shortKey: string) => boolean): Waiting {
  const responses = (
    place: 'pending' | 'quarantine',
    kind: WaitingResponse['kind'],
    ending: string,
  ) => responsesIn(folder, place, kind, ending).filter(({ shortKey }) => isWanted(shortKey))
  const damaged = responses('quarantine', 'response-damaged', '.pending')
  const pending = responses('pending', 'response-pending', '.json')
  const arrived = new Set(pending.map(({ shortKey }) => shortKey))
  const claims =
    arrived.size === 0 ? [] : listClaims(folder.locks, (name) => arrived.has(shortKeyOf(name)))
  // Whoever only looks writes nothing, not even to learn the file system's time.
  const live = claims.filter((claim) => judgeClaim(claim, folder.self, Date.now) === 'alive')
  const isInWork = ({ shortKey, file }: WaitingResponse): boolean => {
    const arrived = birthOf(file)
    // One that is older than the lock is none of the holder's: an earlier holder could not store it.
    return live.some(({ name, born }) => shortKeyOf(name) === shortKey && born <= arrived)
  }
  const inWork = new Set(pending.filter(isInWork))
  return {
    files: new Set([...damaged, ...pending].map(({ file }) => file)),
    stuck: [...damaged, ...pending.filter((response) => !inWork.has(response))],
    inWork: new Set([...inWork].map(({ shortKey }) => shortKey)),
  }
}

/** The key of a response stands in its name. */
function responsesIn(
  folder: StoreFolder,
  place: 'pending' | 'quarantine',
  kind: WaitingResponse['kind'],
  ending: string,
): WaitingResponse[] {
  return folder.names(place).flatMap((name) => {
    const shortKey = /\.([0-9a-f]{16})\.[0-9a-f]{16}\.[a-z]+$/.exec(name)?.[1]
    if (shortKey === undefined || !name.endsWith(ending)) return []
    return [{ kind, shortKey, file: path.join(folder[place], name) }]
  })
}

/** By the file system's clock; long ago where the file is gone. */
function birthOf(file: string): number {
  try {
    return lstatSync(file).birthtimeMs
  } catch (error) {
    if (isNotFound(error)) return 0
    throw error
  }
}
