import { groupBy } from '../../shared/group-by.ts'
import { safeName } from '../../shared/safe-name.ts'
import { shortKeyOf } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import type { Receipt } from '../receipt.ts'
import { type StoreProblem, storeProblem } from '../store-problem.ts'
import { type Bundle, type Candidate, type UnusableMarker, openBundle } from './bundle.ts'
import { type View, type WaitingResponse, lookAt } from './look.ts'
import { tracesIn } from './traces.ts'
import { readTrash, type TrashContents } from './trashed.ts'

export type { Candidate } from './bundle.ts'

/** Everything the store knows about a recipe key. */
export interface KeyRecord {
  readonly key: string
  /** By time, then sha256. Equal bytes count once. */
  readonly candidates: readonly Candidate[]
  /**
   * Signs that more was paid for than the candidates show. With one of them the key is not `missing` but `unavailable`:
   * another request might pay twice.
   */
  readonly problems: readonly StoreProblem[]
  /** Paid pictures that cannot be used. A key that lacks candidates is `unusable` because of them. */
  readonly unusable: readonly UnusableMarker[]
}

/** The store as it was at one moment. */
export interface StoreSnapshot {
  /** The names of the files in the store's own folder. */
  readonly files: readonly string[]
  /**
   * What the store has for a key.
   *
   * @param key all 64 hex digits.
   */
  lookup(key: string): KeyRecord
  /** The receipts of entries that had this name, by time: they show what has changed since. */
  receiptsNamed(name: string): readonly Receipt[]
  /** Every picture with a valid receipt, and every problem. Reads all receipts. */
  everything(): StoreContents
  /** What is in the trash. Reads all receipts there. */
  trashed(): TrashContents
}

export interface StoreContents {
  readonly candidates: readonly Candidate[]
  readonly unusable: readonly UnusableMarker[]
  readonly problems: readonly StoreProblem[]
}

/** Returns the same as `readSnapshot(folder).lookup(key)`, but skips the files of other keys. */
export function lookupKey(folder: StoreFolder, key: string): KeyRecord {
  return snapshotOf(folder, lookAt(folder, shortKeyOf(key))).lookup(key)
}

/** Reads the folder once. A receipt is read when its key is looked up. */
export function readSnapshot(folder: StoreFolder): StoreSnapshot {
  return snapshotOf(folder, lookAt(folder))
}

const NONE: readonly never[] = []

function snapshotOf(folder: StoreFolder, { names, bundles, responses }: View): StoreSnapshot {
  const byKey = groupBy(bundles, ({ shortKey }) => shortKey)
  const waiting = groupBy(responses, ({ shortKey }) => shortKey)
  const problemOf = ({ kind, file }: WaitingResponse): StoreProblem =>
    storeProblem(kind, folder.show(file))
  const records = new Map<string, KeyRecord>()
  const opened = new Map<Bundle, Candidate | UnusableMarker | StoreProblem>()
  const named = new Map<string, readonly Receipt[]>()
  let byName: ReadonlyMap<string, readonly Bundle[]> | undefined
  const traces = tracesIn(folder, names)
  let trash: TrashContents | undefined

  function lookup(key: string): KeyRecord {
    const known = records.get(key)
    if (known !== undefined) return known
    const shortKey = shortKeyOf(key)
    const some = byKey.get(shortKey)
    if (some === undefined && !waiting.has(shortKey) && !traces.exist()) {
      // Most keys of a project without pictures take this path.
      return { key, candidates: NONE, problems: NONE, unusable: NONE }
    }
    const { candidates, problems, unusable } = open(some ?? NONE)
    const record: KeyRecord = {
      key,
      candidates: withoutTwins(candidates.filter(({ receipt }) => receipt.key === key)),
      problems: [
        ...problems,
        ...[...candidates, ...unusable]
          .filter((one) => ('receipt' in one ? one.receipt : one.marker).key !== key)
          .map(({ file }) => storeProblem('receipt-mismatch', folder.show(file))),
        ...(waiting.get(shortKey) ?? []).map(problemOf),
      ],
      unusable: unusable.filter(({ marker }) => marker.key === key),
    }
    const isUnknown =
      record.candidates.length + record.problems.length + record.unusable.length === 0
    const found = isUnknown ? { ...record, problems: traces.of(key) } : record
    records.set(key, found)
    return found
  }

  function open(some: readonly Bundle[]): StoreContents {
    const candidates: Candidate[] = []
    const problems: StoreProblem[] = []
    const unusable: UnusableMarker[] = []
    for (const one of some) {
      const found = opened.get(one) ?? openBundle(folder, one)
      opened.set(one, found)
      if ('receipt' in found) candidates.push(found)
      else if ('marker' in found) unusable.push(found)
      else problems.push(found)
    }
    return { candidates: candidates.sort(byTime), problems, unusable }
  }

  return {
    files: names,
    lookup,

    receiptsNamed(name) {
      if (bundles.length === 0) return NONE
      const known = named.get(name)
      if (known !== undefined) return known
      byName ??= groupBy(bundles, (one) => one.name)
      const { candidates } = open(byName.get(safeName(name)) ?? NONE)
      const receipts = candidates.flatMap(({ receipt }) => (receipt.name === name ? [receipt] : []))
      named.set(name, receipts)
      return receipts
    },

    everything() {
      const { candidates, problems, unusable } = open(bundles)
      return {
        candidates,
        unusable,
        problems: [...problems, ...traces.misnamed(), ...responses.map(problemOf)],
      }
    },

    trashed: () => (trash ??= readTrash(folder)),
  }
}

/**
 * No picture is older than this. Receipts with an earlier time were written with a wrong clock and sort last: their
 * order is unknown, and a picture in use must keep its number.
 */
const FIRST_TIME = '2026-01-01T00:00:00.000Z'

/**
 * The record of a key as it will be with one more picture.
 *
 * @param receipt of a picture that is about to be stored.
 */
export function withCandidate(record: KeyRecord, receipt: Receipt): KeyRecord {
  const isKnown = ({ receipt: { sha256 } }: Candidate): boolean => sha256 === receipt.sha256
  const known = record.candidates.find(isKnown)
  const added: Candidate = { file: '', receipt, ...known, bytes: 'present', problem: null }
  const others = record.candidates.filter((candidate) => candidate !== known)
  return { ...record, candidates: [...others, added].sort(byTime) }
}

/** A snapshot in which one key has another record. */
export function withRecord(snapshot: StoreSnapshot, record: KeyRecord): StoreSnapshot {
  return {
    ...snapshot,
    lookup: (key) => (key === record.key ? record : snapshot.lookup(key)),
  }
}

/** The order of a key's candidates. */
export function byTime({ receipt: left }: Candidate, { receipt: right }: Candidate): number {
  const isLate = left.time < FIRST_TIME
  if (isLate !== right.time < FIRST_TIME) return isLate ? 1 : -1
  if (left.time !== right.time) return left.time < right.time ? -1 : 1
  return left.sha256 < right.sha256 ? -1 : 1
}

/** Two branches may have added the same bytes under two names. The one whose bytes are present is used. */
function withoutTwins(candidates: readonly Candidate[]): Candidate[] {
  const twins = groupBy(candidates, ({ receipt }) => receipt.sha256)
  return [...twins.values()].flatMap(
    (same) => same.find(({ bytes }) => bytes === 'present') ?? same.slice(0, 1),
  )
}

/** A recipe key to look up. */
export interface WantedKey {
  /** All 64 hex digits. */
  readonly key: string
  /** How many candidates the entry needs. A store that has fewer looks for more in its remote. */
  readonly candidates: number
  /** First digits of SHA-256 digests that it needs. A store without one of them looks in its remote. */
  readonly digests?: readonly string[]
}
