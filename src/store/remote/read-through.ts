import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'
import { freeBase, keepMarker, keepReceipt } from '../arrive/keep-receipt.ts'
import { baseName, originalName, receiptName } from '../file-name.ts'
import { type StoreFolder, holdsReceipts } from '../folder.ts'
import type { Candidate, UnusableMarker } from '../read/bundle.ts'
import {
  byTime,
  type KeyRecord,
  type StoreSnapshot,
  type WantedKey,
  lookupKey,
  readSnapshot,
} from '../read/snapshot.ts'
import { type AnyReceipt, type Receipt, type UnusableReceipt, isUnusable } from '../receipt.ts'
import { type StoreProblem, bytesProblem } from '../store-problem.ts'
import { type Beginning, notBegun } from './beginning.ts'
import { hasOriginal } from './originals.ts'
import { type KeyOf, type RemoteRecord, readSlots } from './receipt-slots.ts'
import type { Remote } from './remote.ts'

/** The store as seen together with its remote. */
export interface ReadThrough {
  /**
   * Reads the local store and the remote. Copies receipts that only the remote has, or remembers them if the local store
   * cannot be written; bytes are downloaded when they are read.
   */
  read(wanted: readonly WantedKey[]): Promise<StoreSnapshot>
}

interface Parts {
  readonly folder: StoreFolder
  readonly remote: Remote
  readonly beginning: Beginning
  readonly keyOf: KeyOf
  /** Called with the reason why a receipt cannot be kept here. */
  readonly onUnkept: (reason: unknown) => void
}

/** What the remote says about a key that is incomplete here. */
interface Finding {
  /** SHA-256 of the originals whose bytes the remote has. */
  readonly elsewhere: ReadonlySet<string>
  readonly retired: ReadonlySet<string>
  readonly retiredMarkers: ReadonlySet<string>
  readonly problems: readonly StoreProblem[]
  /** Whether new receipts were copied here. */
  readonly isNew: boolean
}

export function readThrough({ folder, remote, beginning, keyOf, onUnkept }: Parts): ReadThrough {
  // An original that was seen once stays: the plugin never removes originals.
  const known = new Set<string>()
  const unkept = createUnkept(folder)

  async function read(wanted: readonly WantedKey[]): Promise<StoreSnapshot> {
    const here = readSnapshot(folder)
    const findings = new Map<string, Finding>()
    await Promise.all(
      wanted.map(async (one) => {
        const record = unkept.addTo(here.lookup(one.key))
        if (isWholeHere(record, one)) return
        findings.set(one.key, await lookFor(one, record))
      }),
    )
    const now = [...findings.values()].some(({ isNew }) => isNew) ? readSnapshot(folder) : here
    return {
      ...now,
      lookup(key) {
        const finding = findings.get(key)
        const record = unkept.addTo(now.lookup(key))
        return finding === undefined ? record : merge(record, finding)
      },
    }
  }

  async function lookFor(wanted: WantedKey, record: KeyRecord): Promise<Finding> {
    const elsewhere = new Set<string>()
    const nothing: Finding = {
      elsewhere,
      retired: new Set(),
      retiredMarkers: new Set(),
      problems: [],
      isNew: false,
    }
    try {
      await lookForBytes(record.candidates, elsewhere)
      if (isWholeHere(merge(record, nothing), wanted)) return nothing
      const slots = await readSlots(remote, wanted.key, keyOf, folder.checkReceipt)
      const isNew = await keepNew(slots, record)
      const now = isNew ? unkept.addTo(lookupKey(folder, wanted.key)) : record
      await lookForBytes(now.candidates, elsewhere)
      const { retired, retiredMarkers } = slots
      const finding: Finding = { ...nothing, retired, retiredMarkers, isNew }
      return { ...finding, problems: await problemsOf(merge(now, finding), wanted, slots) }
    } catch (error) {
      if (!(error instanceof ImagegenError)) throw error
      return { ...nothing, problems: [unanswered(wanted.key, error)] }
    }
  }

  async function lookForBytes(
    candidates: readonly Candidate[],
    elsewhere: Set<string>,
  ): Promise<void> {
    for (const { bytes, receipt } of candidates) {
      if (bytes === 'present' || elsewhere.has(receipt.sha256)) continue
      if (!known.has(receipt.sha256) && !(await hasOriginal(remote, receipt))) continue
      known.add(receipt.sha256)
      elsewhere.add(receipt.sha256)
    }
  }

  /** @returns whether there were any. */
  async function keepNew(
    { receipts, markers }: Pick<RemoteRecord, 'receipts' | 'markers'>,
    { candidates, unusable }: KeyRecord,
  ): Promise<boolean> {
    // A picture may have both: one that cannot be used as it was requested, and was adopted all the same.
    const newReceipts = receipts.filter(
      ({ sha256 }) => !candidates.some(({ receipt }) => receipt.sha256 === sha256),
    )
    const newMarkers = markers.filter(
      ({ sha256 }) => !unusable.some(({ marker }) => marker.sha256 === sha256),
    )
    for (const receipt of newReceipts) {
      await keepReceipt(folder, receipt).catch((error: unknown) => {
        onUnkept(unwritable(error))
        unkept.remember(receipt)
      })
    }
    for (const marker of newMarkers) {
      await keepMarker(folder, marker).catch((error: unknown) => {
        onUnkept(unwritable(error))
        unkept.remember(marker)
      })
    }
    return newReceipts.length + newMarkers.length > 0
  }

  /** Why a key that is incomplete must not be requested. */
  async function problemsOf(
    found: KeyRecord,
    wanted: WantedKey,
    { retired, retiredMarkers, faults }: RemoteRecord,
  ): Promise<StoreProblem[]> {
    if (hasWanted(found, wanted)) return []
    if (faults.length > 0) {
      return faults.map(({ item, reason }) => ({
        kind: 'remote-damaged',
        file: item,
        message: `The remote store's ${item} is not a valid receipt (${reason}).`,
        hint: 'Run `imagegen push` on a machine that has the picture; otherwise regenerate the image with `imagegen generate --replace ID`, which costs money.',
      }))
    }
    const isRetired = retired.size + retiredMarkers.size > 0
    const isKnown = found.candidates.length + found.unusable.length > 0 || isRetired
    if (isKnown || (await beginning.isMade()) || !holdsReceipts(folder)) return []
    return [unanswered(wanted.key, notBegun())]
  }

  return { read }
}

/** Receipts of the remote that cannot be written here. They count for as long as this process runs. */
interface Unkept {
  remember(receipt: AnyReceipt): void
  addTo(record: KeyRecord): KeyRecord
}

function createUnkept(folder: StoreFolder): Unkept {
  const receipts = new Map<string, readonly AnyReceipt[]>()

  function candidateOf(receipt: Receipt): Candidate {
    const name = originalName(freeBase(folder, receipt), receipt.mediaType)
    const file = path.join(folder.root, name)
    const problem = bytesProblem('absent', folder.show(file))
    return { receipt, file, bytes: 'absent', problem }
  }

  function markerOf(marker: UnusableReceipt): UnusableMarker {
    const base = baseName(marker.name, marker.key, marker.sha256, 1)
    return { marker, file: path.join(folder.root, receiptName(base)) }
  }

  return {
    remember(receipt) {
      const others = receipts.get(receipt.key) ?? []
      receipts.set(receipt.key, [...others, receipt])
    },
    addTo(record) {
      const known = receipts.get(record.key)
      if (known === undefined) return record
      const { candidates, unusable } = record
      const isHere = (sha256: string): boolean =>
        candidates.some(({ receipt }) => receipt.sha256 === sha256)
      const isMarked = (sha256: string): boolean =>
        unusable.some(({ marker }) => marker.sha256 === sha256)
      const usable = known.flatMap((one) =>
        isUnusable(one) || isHere(one.sha256) ? [] : [candidateOf(one)],
      )
      const others = known.flatMap((one) =>
        isUnusable(one) && !isMarked(one.sha256) ? [markerOf(one)] : [],
      )
      return {
        ...record,
        candidates: [...candidates, ...usable].sort(byTime),
        unusable: [...unusable, ...others],
      }
    },
  }
}

/** @throws any error but that of a folder that cannot be written. */
function unwritable(error: unknown): ImagegenError {
  if (error instanceof ImagegenError && error.code === 'unavailable') return error
  throw error
}

function isWholeHere(record: KeyRecord, wanted: WantedKey): boolean {
  return (
    record.problems.length === 0 &&
    hasWanted(record, wanted) &&
    record.candidates.every(({ bytes }) => bytes === 'present')
  )
}

function hasWanted(
  { candidates }: KeyRecord,
  { candidates: count, digests = [] }: WantedKey,
): boolean {
  return (
    candidates.length >= count &&
    digests.every((digest) => candidates.some(({ receipt }) => receipt.sha256.startsWith(digest)))
  )
}

function merge(
  record: KeyRecord,
  { elsewhere, retired, retiredMarkers, problems }: Finding,
): KeyRecord {
  return {
    ...record,
    candidates: record.candidates.flatMap((candidate): Candidate[] => {
      const { bytes, receipt } = candidate
      if (bytes === 'present') return [candidate]
      if (retired.has(receipt.sha256)) return []
      return [
        elsewhere.has(receipt.sha256)
          ? { ...candidate, bytes: 'present', problem: null }
          : candidate,
      ]
    }),
    problems: [...record.problems, ...problems],
    unusable: record.unusable.filter(({ marker }) => !retiredMarkers.has(marker.sha256)),
  }
}

/** A key is not requested while it is unknown whether it is paid for. */
function unanswered(key: string, { problems: [first] }: ImagegenError): StoreProblem {
  return {
    kind: 'remote-silent',
    file: `receipts:${key}`,
    message: `${first?.message ?? 'The remote store failed.'} It is not known whether the picture is paid for.`,
    hint: first?.hint ?? 'Run it again.',
  }
}
