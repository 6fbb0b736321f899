import type { BytesState } from './read/bytes-state.ts'
import type { Problem } from '../shared/errors.ts'

/** The kinds of problem that a store can have. */
export type StoreProblemKind =
  /** The receipt exists, its bytes do not. */
  | 'bytes-absent'
  | 'bytes-lfs-pointer'
  | 'bytes-damaged'
  | 'receipt-damaged'
  | 'receipt-conflict'
  | 'receipt-version'
  | 'receipt-lfs-pointer'
  /** The receipt belongs to another key or to other bytes than its name says. */
  | 'receipt-mismatch'
  /** A valid receipt whose name does not match any key. */
  | 'receipt-misnamed'
  /** A picture without a receipt. */
  | 'receipt-absent'
  /** A response that arrived and is not stored yet. */
  | 'response-pending'
  /** A response that arrived and can no longer be read. */
  | 'response-damaged'
  /** Every file of the key was pruned. */
  | 'trashed'
  /** The remote does not answer, so it is unknown whether a picture is paid for. */
  | 'remote-silent'
  /** An item in the remote that may prove a payment cannot be read. */
  | 'remote-damaged'
  /** The remote lacks the bytes of a picture that is here. */
  | 'remote-absent'

/** The kinds that reading the local folder finds. */
export type LocalProblemKind = Exclude<StoreProblemKind, `remote-${string}`>

/** A problem of the store: the message says what and where, the hint says what to do now. */
export interface StoreProblem extends Problem {
  readonly kind: StoreProblemKind
  /** The file's path for messages: `.imagegen/kira….jpg`. */
  readonly file: string
  readonly hint: string
}

const RESTORE = 'restore the file from git or a backup'
const REPLACE = 'regenerate the image with `imagegen generate --replace ID`, which costs money'

/** The text of each problem (it follows the file's name) and its hint. */
const TEXTS: Readonly<Record<LocalProblemKind, readonly [what: string, hint: string]>> = {
  'bytes-absent': [
    'is missing, although its receipt says that it was paid for.',
    `Run \`imagegen pull\`, or ${RESTORE}; otherwise ${REPLACE}.`,
  ],
  'bytes-lfs-pointer': [
    'is a Git LFS pointer, not the picture.',
    'Run `git lfs pull` (in CI: check out with LFS).',
  ],
  'bytes-damaged': [
    'is damaged: its bytes do not match its receipt.',
    `${capital(RESTORE)}; otherwise ${REPLACE}.`,
  ],
  'receipt-damaged': ['is not a valid receipt', `${capital(RESTORE)}; otherwise ${REPLACE}.`],
  'receipt-conflict': [
    'is not a valid receipt',
    'Keep either side: both prove payment for the same picture.',
  ],
  'receipt-version': [
    'was written by a newer version of unplugin-imagegen',
    'Update unplugin-imagegen.',
  ],
  'receipt-lfs-pointer': [
    'is not a receipt',
    'Run `git lfs pull`. Receipts are small text: change .gitattributes so that only pictures go to LFS.',
  ],
  'receipt-mismatch': [
    'contains the receipt of another picture',
    `If you do not know this picture, remove both of its files; otherwise ${RESTORE}, or ${REPLACE}.`,
  ],
  'receipt-misnamed': [
    'is a receipt that was renamed, so its key cannot be found.',
    'Rename the file back; `git log --follow` shows its old name.',
  ],
  'receipt-absent': [
    'is a picture whose receipt is missing.',
    `Restore the .json file of the same name from git or a backup; otherwise ${REPLACE}.`,
  ],
  'response-pending': [
    'is a response that arrived and was not stored yet.',
    'Run `imagegen generate`, which stores it and requests only what has not arrived.',
  ],
  'response-damaged': [
    'is a response that arrived and can no longer be read.',
    `Check whether the picture can be saved; otherwise ${REPLACE}.`,
  ],
  trashed: [
    'was pruned.',
    'Move it and the picture of the same name back out of the trash; `imagegen prune --delete` empties it.',
  ],
}

/** @param reason details, such as a parser's message. */
export function storeProblem(kind: LocalProblemKind, file: string, reason?: string): StoreProblem {
  const [what, hint] = TEXTS[kind]
  const because = reason === undefined ? '' : ` (${reason})`
  return { kind, file, message: `${file} ${what}${because}`, hint }
}

/** The problem of an original whose bytes are not usable. */
export function bytesProblem(
  state: Exclude<BytesState, 'present'>,
  file: string,
  reason?: string,
): StoreProblem {
  return storeProblem(`bytes-${state}`, file, reason)
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
