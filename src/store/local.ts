import { ImagegenError } from '../shared/errors.ts'
import type { Logger } from '../shared/logger.ts'
import { type Pending, type PendingResponse, savePending } from './arrive/pending.ts'
import { type UnusableAnswer, keepUnusable } from './arrive/quarantine.ts'
import { recover } from './arrive/recover.ts'
import { type Settlement, settle } from './arrive/settle.ts'
import type { StoreFolder } from './folder.ts'
import { type Lock, type LockOptions, acquireLock } from './locks/lock.ts'
import { type RateWindow, type RateWindowOptions, createRateWindow } from './locks/rate-window.ts'
import { readOriginal } from './original.ts'
import type { Candidate } from './read/bundle.ts'
import {
  type KeyRecord,
  type StoreSnapshot,
  type WantedKey,
  lookupKey,
  readSnapshot,
} from './read/snapshot.ts'
import { type StoreReport, verify } from './read/verify.ts'
import type { SharedItems } from './remote/shared-items.ts'
import type { PullOptions, PushOptions, TransferReport } from './transfer.ts'
import { type EmptiedTrash, emptyTrash, findUnused, retire, trash } from './trash.ts'

/**
 * The pictures that were paid for, by the key of what was asked.
 *
 * The way of a picture: `prepare` before anything is spent, `lock` its key, `read` again, ask the provider,
 * `savePending` the answer at once, `settle` it, `read` it back, `readOriginal`.
 */
export interface Store {
  /**
   * The store as it is now. Opens no picture, and writes nothing but receipts that only the remote had.
   *
   * @param keys those that will be looked up, for a remote to be asked about; a key alone wants one candidate.
   * @throws ImagegenError with code `unavailable`. A remote that does not answer is a problem of the keys instead.
   */
  read(keys: Iterable<string | WantedKey>): Promise<StoreSnapshot>
  /**
   * What `read` says of one key, without a look at the others: a run asks for each key in turn, and a store may hold
   * thousands.
   *
   * @throws ImagegenError with code `unavailable`.
   */
  readKey(wanted: WantedKey): Promise<KeyRecord>
  /**
   * Looks whether a picture that is paid for would find room. To be called before the first request.
   *
   * @throws ImagegenError with code `unavailable`: no permission, full disk.
   */
  prepare(): Promise<void>
  /**
   * Makes a provider's answer durable with one rename. From here on it cannot be lost.
   *
   * @throws ImagegenError with code `unavailable`; it says where the answer is kept instead.
   */
  savePending(response: PendingResponse): Promise<Pending>
  /**
   * Makes originals and receipts of an answer.
   *
   * @throws ImagegenError with code `unavailable`: the answer stays, and `recover` goes on with it. With code
   * `damaged`: it makes no sense, and is in quarantine.
   */
  settle(pending: Pending): Promise<Settlement>
  /**
   * Keeps an answer that may have been paid for and that nothing can be read out of. Its key stays free.
   *
   * @returns where it is, as people know it.
   * @throws ImagegenError with code `unavailable`.
   */
  keepUnusable(answer: UnusableAnswer): Promise<string>
  /**
   * Settles what processes that were killed had left. To be called before planning what to ask for. A store that is only
   * looked at stays as it is.
   */
  recover(): Promise<readonly Settlement[]>
  /**
   * The bytes that were paid for, checked against their receipt.
   *
   * @throws ImagegenError with code `unavailable`, or `damaged`: then they are in quarantine.
   */
  readOriginal(candidate: Candidate): Promise<Uint8Array>
  /**
   * Moves to the trash what made a key `unavailable`, after a new picture has come.
   *
   * @param before the key's record from before the new picture was asked for.
   * @returns the files that were moved, as people know them.
   * @throws ImagegenError with code `unavailable` where no new picture is there.
   */
  retire(before: KeyRecord): Promise<readonly string[]>
  /**
   * Waits until nobody else asks for this key.
   *
   * @throws ImagegenError `aborted`, or `unavailable` where the folder cannot be written.
   */
  lock(key: string, options: Pick<LockOptions, 'signal' | 'onWait'>): Promise<Lock>
  /** The requests that an account may send, counted over everyone who shares this store. */
  rateWindow(options: Omit<RateWindowOptions, 'folder' | 'self'>): RateWindow
  /**
   * Holds every original against its receipt, byte by byte. Changes nothing.
   *
   * @param place `remote`: reads what the remote has of them, too.
   */
  verify(place?: 'here' | 'remote'): Promise<StoreReport>
  /** The pictures whose keys are not among those given. */
  findUnused(asked: ReadonlySet<string>): Promise<readonly Candidate[]>
  /**
   * Moves pictures and their receipts to the trash, where their keys are still known as paid for. A remote keeps them.
   */
  trash(candidates: readonly Candidate[]): Promise<void>
  /** Does the same with pictures that others have taken the place of, and takes them out of use in the remote. */
  supersede(candidates: readonly Candidate[]): Promise<void>
  /**
   * Deletes what has been in the trash for long enough.
   *
   * @param olderThan milliseconds.
   */
  emptyTrash(olderThan: number): Promise<EmptiedTrash>
  /**
   * Brings pictures and receipts that are here to the remote. What is there is skipped.
   *
   * @param keys only these; default: all that is here.
   * @throws ImagegenError with code `config` where there is no remote, `unavailable` where nothing can be brought there.
   */
  push(options: PushOptions, keys?: Iterable<string>): Promise<TransferReport>
  /**
   * Brings pictures and receipts of the remote here. What is here is skipped.
   *
   * @param wanted keys that are looked for in the remote; and, without `only`, the bytes of every receipt here.
   * @throws ImagegenError with code `config` where there is no remote, `unavailable` where nothing can be asked.
   */
  pull(options: PullOptions, wanted: readonly WantedKey[]): Promise<TransferReport>
  /** Items that projects and machines share beside originals; nothing where there is no remote. */
  readonly shared: SharedItems | undefined
  /** Ends connections. What comes after that opens them anew. */
  close(): Promise<void>
}

/** The store in a folder of files, to be committed with the project. */
export function folderStore(folder: StoreFolder, logger: Logger): Store {
  const { self } = folder
  const noRemote = async (): Promise<never> => {
    throw new ImagegenError('config', {
      message: 'There is no remote store.',
      hint: 'Give the option `store.remote` a driver of unstorage.',
    })
  }
  return {
    read: async () => readSnapshot(folder),
    readKey: async ({ key }) => lookupKey(folder, key),
    prepare: () => folder.prepare(),
    savePending: (response) => savePending(folder, response),
    settle: (pending) => settle(folder, pending),
    keepUnusable: (answer) => keepUnusable(folder, answer),
    recover: async () => (folder.purpose === 'look' ? [] : recover(folder, logger)),
    readOriginal: (candidate) => readOriginal(folder, candidate),
    retire: async (before) => retire(folder, before),
    lock: (key, options) =>
      acquireLock({
        folder: folder.locks,
        name: key,
        self,
        check: () => folder.check(),
        ...options,
      }),
    rateWindow: (options) =>
      createRateWindow({ folder: folder.locks, self, check: () => folder.check(), ...options }),
    verify: (place = 'here') => (place === 'remote' ? noRemote() : verify(folder)),
    findUnused: async (asked) => findUnused(folder, asked),
    trash: async (candidates) => trash(folder, candidates),
    supersede: async (candidates) => trash(folder, candidates),
    emptyTrash: async (olderThan) => emptyTrash(folder, olderThan),
    push: noRemote,
    pull: noRemote,
    shared: undefined,
    close: async () => {},
  }
}
