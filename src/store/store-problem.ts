import type { BytesState } from './read/bytes-state.ts'
import type { Problem } from '../shared/errors.ts'

/** What can be wrong with what the store holds. */
export type StoreProblemKind =
  /** The receipt is there, its bytes are not. */
  | 'bytes-absent'
  | 'bytes-lfs-pointer'
  | 'bytes-damaged'
  | 'receipt-damaged'
  | 'receipt-conflict'
  | 'receipt-version'
  | 'receipt-lfs-pointer'
  /** The receipt is one of another key, or of other bytes, than its name says. */
  | 'receipt-mismatch'
  /** A valid receipt under a name by which it cannot be found. */
  | 'receipt-misnamed'
  /** A picture whose receipt is gone. */
  | 'receipt-absent'
  /** A response that arrived and is not stored yet. */
  | 'response-pending'
  /** A response that arrived, and that nobody can read any more. */
  | 'response-damaged'
  /** All that is left of the key was pruned. */
  | 'trashed'
  /** The remote cannot be asked whether a picture is paid for. */
  | 'remote-silent'
  /** Something in the remote says that a picture was paid for, and cannot be read. */
  | 'remote-damaged'
  /** The remote does not have the bytes of a picture that is here. */
  | 'remote-absent'

/** Those of them that a look at the folder finds. */
export type LocalProblemKind = Exclude<StoreProblemKind, `remote-${string}`>

/** Something that is wrong with the store: the message says what and where, the hint what to do now. */
export interface StoreProblem extends Problem {
  readonly kind: StoreProblemKind
  /** The file, as people know it: `.imagegen/kira….jpg`. */
  readonly file: string
  readonly hint: string
}

const RESTORE = 'restore the file from git, or a backup'
const REPLACE = 'ask for the picture anew with `imagegen generate --replace ID`, which costs'

/** What each problem is, after the file's name, and the way out. */
const TEXTS: Readonly<Record<LocalProblemKind, readonly [what: string, hint: string]>> = {
  'bytes-absent': [
    'is missing, though its receipt says that it was paid for.',
    `Run \`imagegen pull\`, or ${RESTORE}; else ${REPLACE}.`,
  ],
  'bytes-lfs-pointer': [
    'is a Git LFS pointer, not the picture.',
    'Run `git lfs pull` (in CI: check out with LFS).',
  ],
  'bytes-damaged': [
    'is damaged: its bytes are not those of its receipt.',
    `${capital(RESTORE)}; else ${REPLACE}.`,
  ],
  'receipt-damaged': ['is no valid receipt', `${capital(RESTORE)}; else ${REPLACE}.`],
  'receipt-conflict': [
    'holds a merge conflict.',
    'Keep either side of it: both were paid for the same picture.',
  ],
  'receipt-version': [
    'was written by a newer version of unplugin-imagegen',
    'Update unplugin-imagegen.',
  ],
  'receipt-lfs-pointer': [
    'is left to Git LFS',
    'Run `git lfs pull`. Receipts are small text: let .gitattributes give only pictures to LFS.',
  ],
  'receipt-mismatch': [
    'holds the receipt of another picture',
    `If you know nothing of that picture, remove both of its files; else ${RESTORE}, or ${REPLACE}.`,
  ],
  'receipt-misnamed': [
    'is a receipt under a name by which it cannot be found.',
    'Give the file its old name back; `git log --follow` shows it.',
  ],
  'receipt-absent': [
    'is a picture whose receipt is missing.',
    `Restore the .json file of the same name from git, or a backup; else ${REPLACE}.`,
  ],
  'response-pending': [
    'is a response that arrived and was not stored yet.',
    'Run `imagegen generate`, which stores it and asks for nothing that has arrived.',
  ],
  'response-damaged': [
    'is a response that arrived and can no longer be read.',
    `Look whether the picture can be saved; else ${REPLACE}.`,
  ],
  trashed: [
    'was pruned.',
    'Move it and the picture of the same name back from the trash; `imagegen prune --delete` empties it.',
  ],
}

/** @param reason more about what is wrong, such as a parser's message. */
export function storeProblem(kind: LocalProblemKind, file: string, reason?: string): StoreProblem {
  const [what, hint] = TEXTS[kind]
  const because = reason === undefined ? '' : ` (${reason})`
  return { kind, file, message: `${file} ${what}${because}`, hint }
}

/** The problem of an original whose bytes are not there. */
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
