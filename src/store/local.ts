import { ImagegenError } from '../shared/errors.ts'
import type { Logger } from '../shared/logger.ts'
import { keepOriginal } from './arrive/keep-original.ts'
import { keepMarker, keepReceipt } from './arrive/keep-receipt.ts'
import { type Pending, type PendingResponse, savePending } from './arrive/pending.ts'
import { type UnusableAnswer, keepUnusable } from './arrive/quarantine.ts'
import { recover } from './arrive/recover.ts'
import { type Settlement, settle } from './arrive/settle.ts'
import type { StoreFolder } from './folder.ts'
import { type Lock, type LockOptions, acquireLock } from './locks/lock.ts'
import { type RateWindow, type RateWindowOptions, createRateWindow } from './locks/rate-window.ts'
import { readOriginal } from './original.ts'
import type { Candidate, UnusableMarker } from './read/bundle.ts'
import {
  type KeyRecord,
  type StoreSnapshot,
  type WantedKey,
  lookupKey,
  readSnapshot,
} from './read/snapshot.ts'
import { type StoreReport, verify } from './read/verify.ts'
import type { Receipt, UnusableReceipt } from './receipt.ts'
import type { SharedItems } from '../shared/shared-items.ts'
import type { PullOptions, PushOptions, TransferReport } from './transfer.ts'
import type { TrashedPicture } from './read/trashed.ts'
import { type EmptiedTrash, emptyTrash, findUnused, restore, retire, trash } from './trash.ts'

/**
 * The paid pictures, by the key of their recipe.
 *
 * The steps for a new picture: `prepare` before anything is spent, `lock` the key, `read` again, ask the provider,
 * `savePending` the answer at once, `settle` it, `read` it back, `readOriginal`.
 */
export interface Store {
  /**
   * Reads the current state of the store. It opens no pictures, and writes only receipts that it finds in the remote.
   *
   * @param keys the keys to look up in the remote as well. A plain key wants one candidate.
   * @throws ImagegenError with code `unavailable`. A remote that does not answer becomes a problem of the keys instead.
   */
  read(keys: Iterable<string | WantedKey>): Promise<StoreSnapshot>
  /**
   * Returns the same as `read` for one key, without reading the others. A run asks for each key in turn, and a store
   * may hold thousands.
   *
   * @throws ImagegenError with code `unavailable`.
   */
  readKey(wanted: WantedKey): Promise<KeyRecord>
  /**
   * Checks that a paid picture can be stored. Call it before the first request.
   *
   * @throws ImagegenError with code `unavailable`: no permission, full disk.
   */
  prepare(): Promise<void>
  /**
   * Makes a provider's answer durable with one rename. After that it cannot be lost.
   *
   * @throws ImagegenError with code `unavailable`; the message says where the answer is kept instead.
   */
  savePending(response: PendingResponse): Promise<Pending>
  /**
   * Turns an answer into originals and receipts.
   *
   * @throws ImagegenError with code `unavailable`: the answer stays in `pending/` and `recover` continues with it. With
   * code `damaged`: the answer cannot be read and is in quarantine.
   */
  settle(pending: Pending): Promise<Settlement>
  /**
   * Keeps an adopted picture as a candidate of its key. A picture that the key has already keeps its receipt; bytes that
   * were lost are restored.
   *
   * @throws ImagegenError with code `unavailable`.
   */
  adopt(receipt: Receipt, bytes: Uint8Array): Promise<void>
  /**
   * Keeps an answer that cannot be read but may have been billed. Its key stays free.
   *
   * @returns the file's path for messages.
   * @throws ImagegenError with code `unavailable`.
   */
  keepUnusable(answer: UnusableAnswer): Promise<string>
  /**
   * Keeps the marker of a picture that was paid for and adds no candidate, so that no run requests its key again.
   *
   * @throws ImagegenError with code `unavailable`.
   */
  keepMarker(marker: UnusableReceipt): Promise<void>
  /**
   * Settles the responses of processes that were killed. Call it before planning. It does nothing unless the purpose is `make`.
   */
  recover(): Promise<readonly Settlement[]>
  /**
   * Reads the paid bytes and checks them against their receipt.
   *
   * @throws ImagegenError with code `unavailable`, or `damaged`: then the bytes are in quarantine.
   */
  readOriginal(candidate: Candidate): Promise<Uint8Array>
  /**
   * Moves the files that made a key `unavailable` to the trash, after a new picture has arrived.
   *
   * @param before the key's record from before the request for the new picture.
   * @returns the paths of the moved files, for messages.
   * @throws ImagegenError with code `unavailable` where there is no new picture.
   */
  retire(before: KeyRecord): Promise<readonly string[]>
  /** Moves the markers of unusable pictures to the trash, and retires them in the remote, once usable ones replaced them. */
  retireMarkers(markers: readonly UnusableMarker[]): Promise<void>
  /**
   * Waits until no other process or task requests this key.
   *
   * @throws ImagegenError `aborted`, or `unavailable` where the folder cannot be written.
   */
  lock(key: string, options: Pick<LockOptions, 'signal' | 'onWait'>): Promise<Lock>
  /** Limits an account's requests. All processes that share this store count together. */
  rateWindow(options: Omit<RateWindowOptions, 'folder' | 'self'>): RateWindow
  /**
   * Checks every original against its receipt, byte by byte. Changes nothing.
   *
   * @param place `remote` also reads the remote's copies.
   */
  verify(place?: 'here' | 'remote'): Promise<StoreReport>
  /** The pictures whose keys are not in `asked`. */
  findUnused(asked: ReadonlySet<string>): Promise<readonly Candidate[]>
  /** Moves pictures and their receipts to the trash. Their keys still count as paid there. A remote keeps them. */
  trash(candidates: readonly Candidate[]): Promise<void>
  /** Moves pictures and their receipts out of the trash. */
  restore(pictures: readonly TrashedPicture[]): Promise<void>
  /** Moves pictures that were replaced to the trash, and retires their receipts in the remote. */
  supersede(candidates: readonly Candidate[]): Promise<void>
  /**
   * Deletes files that have been in the trash for long enough.
   *
   * @param olderThan milliseconds.
   */
  emptyTrash(olderThan: number): Promise<EmptiedTrash>
  /**
   * Uploads local pictures and receipts to the remote. Skips those that the remote has.
   *
   * @param keys only these; default: all local ones.
   * @throws ImagegenError with code `config` where there is no remote, `unavailable` where it cannot be written.
   */
  push(options: PushOptions, keys?: Iterable<string>): Promise<TransferReport>
  /**
   * Downloads pictures and receipts from the remote. Skips those that are here.
   *
   * @param wanted keys to look for in the remote. Without `only`, the bytes of every local receipt are downloaded too.
   * @throws ImagegenError with code `config` where there is no remote, `unavailable` where it cannot be read.
   */
  pull(options: PullOptions, wanted: readonly WantedKey[]): Promise<TransferReport>
  /** Items that projects and machines share beside originals. `undefined` without a remote. */
  readonly shared: SharedItems | undefined
  /** Closes connections. A later call opens them again. */
  close(): Promise<void>
}

/** A store in a folder of files that is committed with the project. */
export function folderStore(folder: StoreFolder, logger: Logger): Store {
  const { self } = folder
  const noRemote = async (): Promise<never> => {
    throw new ImagegenError('config', {
      message: 'There is no remote store.',
      hint: 'Set the option `store.remote` to an unstorage driver.',
    })
  }
  return {
    read: async () => readSnapshot(folder),
    readKey: async ({ key }) => lookupKey(folder, key),
    prepare: () => folder.prepare(),
    savePending: (response) => savePending(folder, response),
    settle: (pending) => settle(folder, pending),
    async adopt(receipt, bytes) {
      await folder.prepare()
      const { candidates } = lookupKey(folder, receipt.key)
      const isKnown = candidates.some((candidate) => candidate.receipt.sha256 === receipt.sha256)
      // The receipt first: adopting again restores bytes after a crash, but a picture without a receipt would be a sign of
      // a lost payment.
      if (!isKnown) await keepReceipt(folder, receipt)
      await keepOriginal(folder, receipt, bytes)
    },
    keepUnusable: (answer) => keepUnusable(folder, answer),
    keepMarker: (marker) => keepMarker(folder, marker),
    recover: async () => (folder.purpose === 'make' ? recover(folder, logger) : []),
    readOriginal: (candidate) => readOriginal(folder, candidate),
    retire: async (before) => retire(folder, before),
    retireMarkers: async (markers) => {
      for (const { file } of markers) folder.moveAside(file, 'trash')
    },
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
    restore: async (pictures) => restore(folder, pictures),
    supersede: async (candidates) => trash(folder, candidates),
    emptyTrash: async (olderThan) => emptyTrash(folder, olderThan),
    push: noRemote,
    pull: noRemote,
    shared: undefined,
    close: async () => {},
  }
}
