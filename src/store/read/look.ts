import { existsSync, lstatSync } from 'node:fs'
import path from 'node:path'
import { isNotFound } from '../../shared/files.ts'
import { receiptName, shortKeyOf } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import { judgeClaim, listClaims } from '../locks/claim.ts'
import { type Bundle, bundleFiles } from './bundle.ts'

/** The folder at one moment. */
export interface View {
  /** All file names. */
  readonly names: readonly string[]
  readonly bundles: readonly Bundle[]
  /** Responses that arrived and that no process is storing. */
  readonly responses: readonly WaitingResponse[]
}

/**
 * Looks until nothing has become an original in between. A picture that another process is storing right now counts as
 * not there yet, and not as a picture without a receipt.
 *
 * @param only the short key of one recipe: other files are skipped. Default: all.
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
      // `lstat`, because a link that leads nowhere would otherwise never be steady.
      stuck.every(({ file }) => lstatSync(file, { throwIfNoEntry: false }) !== undefined) &&
      bundles.every(
        ({ hasReceipt, base }) =>
          hasReceipt || !existsSync(path.join(folder.root, receiptName(base))),
      )
    if (isSteady) return { names, bundles, responses: stuck }
  }
}

/** A response that arrived and is not an original yet. */
export interface WaitingResponse {
  readonly kind: 'response-pending' | 'response-damaged'
  readonly shortKey: string
  readonly file: string
}

/** The responses that are not in the store yet. */
export interface Waiting {
  /** Every waiting file. */
  readonly files: ReadonlySet<string>
  /**
   * The responses that no process is storing. The holder of a key's lock is about to store its response, and every
   * other process that wants the key waits for that lock.
   */
  readonly stuck: readonly WaitingResponse[]
  /** The short keys of the others. */
  readonly inWork: ReadonlySet<string>
}

/** @param isWanted selects by short key; other files are skipped. */
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
  // Looking must not write, so the local clock is used instead of the file system's.
  const live = claims.filter((claim) => judgeClaim(claim, folder.self, Date.now) === 'alive')
  const isInWork = ({ shortKey, file }: WaitingResponse): boolean => {
    const arrived = birthOf(file)
    // A response older than the lock is not the holder's: an earlier holder could not store it.
    return live.some(({ name, born }) => shortKeyOf(name) === shortKey && born <= arrived)
  }
  const inWork = new Set(pending.filter(isInWork))
  return {
    files: new Set([...damaged, ...pending].map(({ file }) => file)),
    stuck: [...damaged, ...pending.filter((response) => !inWork.has(response))],
    inWork: new Set([...inWork].map(({ shortKey }) => shortKey)),
  }
}

/** A response's file name contains its key. */
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

/** When a file was created, by the file system's clock. 0 where it no longer exists. */
function birthOf(file: string): number {
  try {
    return lstatSync(file).birthtimeMs
  } catch (error) {
    if (isNotFound(error)) return 0
    throw error
  }
}
