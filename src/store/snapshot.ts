import { readdirSync } from 'node:fs'
import path from 'node:path'
import { messageOf } from '../shared/errors.ts'
import { isNotFound } from '../shared/files.ts'
import { bytesState, type BytesState } from './bytes-state.ts'
import { originalName, parseFileName, receiptName, safeName, shortKeyOf } from './file-name.ts'
import { storageError, type StoreFolder } from './folder.ts'
import { LONGEST_RECEIPT, parseReceipt, type Receipt, type ReceiptFault } from './receipt.ts'
import { readText } from './read-text.ts'
import {
  bytesProblem,
  storeProblem,
  type StoreProblem,
  type StoreProblemKind,
} from './store-problem.ts'

/** One paid picture of a key. */
export interface Candidate {
  readonly receipt: Receipt
  /** Where its bytes lie, or belong. */
  readonly file: string
  /** Judged by the file's size: nothing is opened where it is right. */
  readonly bytes: BytesState
  /** What to do about bytes that are not there; `null` where they are. */
  readonly problem: StoreProblem | null
}

/** Everything the store knows of a recipe key. */
export interface KeyRecord {
  readonly key: string
  /** By time, then sha256; equal bytes count once. */
  readonly candidates: readonly Candidate[]
  /**
   * Signs that more was paid than the candidates show. Where there is one, the key is not `missing` but `unavailable`:
   * asking for it again might pay twice.
   */
  readonly problems: readonly StoreProblem[]
}

/** The store as it was at one moment. */
export interface StoreSnapshot {
  /**
   * What is there for a key.
   *
   * @param key all 64 hex digits.
   */
  lookup(key: string): KeyRecord
  /** The receipts of entries that had this name, by time: to say what has changed since. */
  receiptsNamed(name: string): readonly Receipt[]
  /** Every picture with a valid receipt, and everything that is wrong. Reads all receipts. */
  everything(): StoreContents
}

export interface StoreContents {
  readonly candidates: readonly Candidate[]
  readonly problems: readonly StoreProblem[]
}

/** The files of one original: one name with several endings. */
interface Bundle {
  readonly base: string
  readonly name: string
  readonly shortKey: string
  readonly shortSha256: string
  /** The files beside the receipt: one, where all is well. */
  readonly files: string[]
  hasReceipt: boolean
}

const FAULTS: Readonly<Record<ReceiptFault, StoreProblemKind>> = {
  damaged: 'receipt-damaged',
  conflict: 'receipt-conflict',
  'unknown-version': 'receipt-version',
}

/** Looks at the folder once; receipts are read when their key is asked for. */
export function readSnapshot(folder: StoreFolder): StoreSnapshot {
  const { names, responses } = look(folder)
  const bundles = bundle(names)
  const byKey = groupBy(bundles, ({ shortKey }) => shortKey)
  const waiting = groupBy(responses, ({ shortKey }) => shortKey)
  const records = new Map<string, KeyRecord>()
  let byName: ReadonlyMap<string, readonly Bundle[]> | undefined
  let strays: readonly [Receipt, StoreProblem][] | undefined
  let trashed: ReadonlyMap<string, StoreProblem> | undefined

  function lookup(key: string): KeyRecord {
    const known = records.get(key)
    if (known !== undefined) return known
    const shortKey = shortKeyOf(key)
    const { candidates, problems } = open(byKey.get(shortKey) ?? [])
    const record: KeyRecord = {
      key,
      candidates: withoutTwins(candidates.filter(({ receipt }) => receipt.key === key)),
      problems: [
        ...problems,
        ...candidates
          .filter(({ receipt }) => receipt.key !== key)
          .map(({ file }) => storeProblem('receipt-mismatch', folder.show(file))),
        ...(waiting.get(shortKey) ?? []).map(({ problem }) => problem),
      ],
    }
    const isUnknown = record.candidates.length === 0 && record.problems.length === 0
    const found = isUnknown ? { ...record, problems: lastTraces(key) } : record
    records.set(key, found)
    return found
  }

  /** Where nothing says that a key was ever paid for, this is where it could still be seen. */
  function lastTraces(key: string): readonly StoreProblem[] {
    strays ??= readStrays(folder, names)
    trashed ??= listTrash(folder)
    const problems = strays.filter(([receipt]) => receipt.key === key).map(([, problem]) => problem)
    const pruned = trashed.get(shortKeyOf(key))
    return pruned === undefined ? problems : [...problems, pruned]
  }

  function open(some: readonly Bundle[]): StoreContents {
    const candidates: Candidate[] = []
    const problems: StoreProblem[] = []
    for (const one of some) {
      const opened = openBundle(folder, one)
      if ('receipt' in opened) candidates.push(opened)
      else problems.push(opened)
    }
    return { candidates: candidates.sort(byTime), problems }
  }

  return {
    lookup,

    receiptsNamed(name) {
      byName ??= groupBy(bundles, (one) => one.name)
      const { candidates } = open(byName.get(safeName(name)) ?? [])
      return candidates.map(({ receipt }) => receipt).filter((receipt) => receipt.name === name)
    },

    everything() {
      const { candidates, problems } = open(bundles)
      strays ??= readStrays(folder, names)
      return {
        candidates,
        problems: [
          ...problems,
          ...strays.map(([, problem]) => problem),
          ...[...waiting.values()].flat().map(({ problem }) => problem),
        ],
      }
    },
  }
}

/** Names and waiting responses of one moment: what was stored in between would be in neither. */
function look(folder: StoreFolder): {
  readonly names: readonly string[]
  readonly responses: readonly WaitingResponse[]
} {
  for (;;) {
    const names = namesIn(folder.root)
    const responses = listWaiting(folder)
    if (responses !== undefined) return { names, responses }
  }
}

function bundle(names: readonly string[]): Bundle[] {
  const bundles = new Map<string, Bundle>()
  for (const file of names) {
    const parts = parseFileName(file)
    if (parts === undefined) continue
    const { extension, ...identity } = parts
    const known = bundles.get(identity.base) ?? { ...identity, files: [], hasReceipt: false }
    if (extension === 'json') known.hasReceipt = true
    else known.files.push(file)
    bundles.set(identity.base, known)
  }
  return [...bundles.values()]
}

function openBundle(folder: StoreFolder, bundle: Bundle): Candidate | StoreProblem {
  const { base, shortKey, shortSha256, files, hasReceipt } = bundle
  if (!hasReceipt)
    return storeProblem('receipt-absent', folder.show(path.join(folder.root, files[0] ?? base)))
  const receiptFile = path.join(folder.root, receiptName(base))
  const reading = readReceipt(receiptFile)
  if ('fault' in reading) {
    return storeProblem(FAULTS[reading.fault], folder.show(receiptFile), reading.reason)
  }
  const { receipt } = reading
  if (shortKeyOf(receipt.key) !== shortKey || !receipt.sha256.startsWith(shortSha256)) {
    return storeProblem('receipt-mismatch', folder.show(receiptFile))
  }
  const file = path.join(folder.root, originalName(base, receipt.mediaType))
  const bytes = bytesState(file, receipt)
  const problem = bytes === 'present' ? null : bytesProblem(bytes, folder.show(file))
  return { receipt, file, bytes, problem }
}

function readReceipt(file: string): ReturnType<typeof parseReceipt> {
  try {
    return parseReceipt(readText(file, LONGEST_RECEIPT))
  } catch (error) {
    return { fault: 'damaged', reason: messageOf(error) }
  }
}

/** Receipts that somebody renamed. */
function readStrays(
  folder: StoreFolder,
  names: readonly string[],
): readonly [Receipt, StoreProblem][] {
  return names
    .filter((name) => name.endsWith('.json') && parseFileName(name) === undefined)
    .flatMap((name) => {
      const file = path.join(folder.root, name)
      const reading = readReceipt(file)
      if ('fault' in reading) return []
      return [[reading.receipt, storeProblem('receipt-misnamed', folder.show(file))]]
    })
}

function listTrash(folder: StoreFolder): ReadonlyMap<string, StoreProblem> {
  const found = new Map<string, StoreProblem>()
  for (const name of namesIn(folder.trash)) {
    const parts = parseFileName(name)
    if (parts?.extension !== 'json') continue
    const file = folder.show(path.join(folder.trash, name))
    found.set(parts.shortKey, storeProblem('trashed', file))
  }
  return found
}

function groupBy<Member>(
  members: readonly Member[],
  groupOf: (member: Member) => string,
): Map<string, Member[]> {
  const groups = new Map<string, Member[]>()
  for (const member of members) {
    const name = groupOf(member)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [member])
    else group.push(member)
  }
  return groups
}

function byTime({ receipt: left }: Candidate, { receipt: right }: Candidate): number {
  if (left.time !== right.time) return left.time < right.time ? -1 : 1
  return left.sha256 < right.sha256 ? -1 : 1
}

/** Two branches may have brought the same bytes under two names. The one whose bytes are there stands for both. */
function withoutTwins(candidates: readonly Candidate[]): Candidate[] {
  const twins = groupBy(candidates, ({ receipt }) => receipt.sha256)
  return [...twins.values()].flatMap(
    (same) => same.find(({ bytes }) => bytes === 'present') ?? same.slice(0, 1),
  )
}
