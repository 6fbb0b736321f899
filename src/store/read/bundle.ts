import { existsSync } from 'node:fs'
import path from 'node:path'
import { messageOf } from '../../shared/errors.ts'
import { bytesState, type BytesState } from './bytes-state.ts'
import { originalName, parseFileName, receiptName, shortKeyOf } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import {
  isUnusable,
  LONGEST_RECEIPT,
  parseReceipt,
  type Receipt,
  type ReceiptFault,
  type UnusableReceipt,
} from '../receipt.ts'
import { readText } from '../read-text.ts'
import {
  bytesProblem,
  storeProblem,
  type StoreProblem,
  type LocalProblemKind,
} from '../store-problem.ts'
import { storageError } from '../storage-error.ts'

/** One paid picture of a key. */
export interface Candidate {
  readonly receipt: Receipt
  /** The path of its bytes, whether they exist or not. */
  readonly file: string
  /** Judged by the file's size: a file of the right size is not opened. */
  readonly bytes: BytesState
  /** The problem of bytes that are not usable. `null` where they are. */
  readonly problem: StoreProblem | null
}

/** A paid picture of a key that cannot be used: a receipt without bytes. */
export interface UnusableMarker {
  readonly marker: UnusableReceipt
  /** The path of the marker. */
  readonly file: string
}

/** The files of one original: one base name with several extensions. */
export interface Bundle {
  readonly base: string
  readonly name: string
  readonly shortKey: string
  readonly shortSha256: string
  /** The files beside the receipt. There is one unless something is wrong. */
  readonly files: string[]
  hasReceipt: boolean
}

const FAULTS: Readonly<Record<ReceiptFault, LocalProblemKind>> = {
  damaged: 'receipt-damaged',
  conflict: 'receipt-conflict',
  'unknown-version': 'receipt-version',
  'lfs-pointer': 'receipt-lfs-pointer',
}

/** Groups file names by base name. Skips names that do not belong to the store. */
export function bundleFiles(names: readonly string[]): Bundle[] {
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

/** Reads a receipt and checks it against its name and its bytes. */
export function openBundle(
  folder: StoreFolder,
  bundle: Bundle,
): Candidate | UnusableMarker | StoreProblem {
  const { base, shortKey, shortSha256, files, hasReceipt } = bundle
  if (!hasReceipt)
    return storeProblem('receipt-absent', folder.show(path.join(folder.root, files[0] ?? base)))
  const receiptFile = path.join(folder.root, receiptName(base))
  const reading = readReceipt(receiptFile)
  if ('fault' in reading) {
    return storeProblem(FAULTS[reading.fault], folder.show(receiptFile), reading.reason)
  }
  const receipt = 'receipt' in reading ? reading.receipt : reading.marker
  if (shortKeyOf(receipt.key) !== shortKey || !receipt.sha256.startsWith(shortSha256)) {
    return storeProblem('receipt-mismatch', folder.show(receiptFile))
  }
  const fault = folder.checkReceipt(receipt)
  if (fault !== undefined) {
    return storeProblem('receipt-mismatch', folder.show(receiptFile), fault)
  }
  if (isUnusable(receipt)) return { marker: receipt, file: receiptFile }
  const file = path.join(folder.root, originalName(base, receipt.mediaType))
  const bytes = stateOf(folder, file, receipt)
  const problem =
    bytes === 'present' ? null : bytesProblem(bytes, folder.show(file), linkReason(folder, file))
  return { receipt, file, bytes, problem }
}

function linkReason(folder: StoreFolder, file: string): string | undefined {
  return existsSync(file) && !folder.isOwn(file)
    ? 'it is a link that leads outside the project'
    : undefined
}

function stateOf(folder: StoreFolder, file: string, receipt: Receipt): BytesState {
  try {
    return bytesState(folder, file, receipt)
  } catch (error) {
    throw storageError(error, `Cannot read ${folder.show(file)}`)
  }
}

/** Reads a file that other programs may have written. */
export function readReceipt(file: string): ReturnType<typeof parseReceipt> {
  try {
    return parseReceipt(readText(file, LONGEST_RECEIPT))
  } catch (error) {
    return { fault: 'damaged', reason: messageOf(error) }
  }
}
