import { ImagegenError, messageOf } from '../../shared/errors.ts'
import { errorCode } from '../../shared/files.ts'
import type { Logger } from '../../shared/logger.ts'
import type { SharedItems } from '../../shared/shared-items.ts'
import type { Settlement } from '../arrive/settle.ts'
import { type StoreFolder, holdsReceipts } from '../folder.ts'
import type { Store } from '../local.ts'
import type { Candidate } from '../read/bundle.ts'
import { lookupKey } from '../read/snapshot.ts'
import type { AnyReceipt, Receipt } from '../receipt.ts'
import { beginningOf, notBegun } from './beginning.ts'
import { readThroughOriginal } from './fetch.ts'
import { sendCandidate } from './originals.ts'
import { pull } from './pull.ts'
import { push } from './push.ts'
import { readThrough } from './read-through.ts'
import { type KeyOf, addReceipt, retireReceipt } from './receipt-slots.ts'
import { type Remote, type RemoteOptions, connectRemote } from './remote.ts'
import { withRemote } from './verify-remote.ts'

export interface RemoteStoreOptions extends RemoteOptions {
  readonly keyOf: KeyOf
}

/**
 * A store that looks for missing pictures in a remote, and uploads new pictures to it.
 *
 * The remote can cost time, but never a picture. What it returns is checked before use, what it receives is already
 * stored here, and where it does not answer, the plugin requests nothing that the remote might have.
 */
export function throughRemote(
  local: Store,
  folder: StoreFolder,
  options: RemoteStoreOptions,
  logger: Logger,
): Store {
  const remote = connectRemote(options)
  const beginning = beginningOf(remote)
  const said = new Set<string>()
  const all = readThrough({ folder, remote, beginning, keyOf: options.keyOf, onUnkept: warnUnkept })

  /** A failed upload is only a warning, because the picture is stored here. */
  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof ImagegenError)) throw error
      const { message, hint = '' } = error.problems[0] ?? { message: error.message }
      if (said.has(message)) return
      said.add(message)
      logger.warn(
        `${message} The new picture is stored here but not in the remote; \`imagegen push\` uploads it. ${hint}`.trim(),
      )
    }
  }

  /** What the remote has is used all the same. */
  function warnUnkept(reason: unknown): void {
    if (folder.purpose === 'untouched') return
    const message = isForbidden(reason)
      ? `${folder.show(folder.root)} cannot be written: what only the remote store has is downloaded again in each run. To keep it, give this user write access to the folder of the option \`store.dir\`.`
      : messageOf(reason)
    if (said.has(message)) return
    said.add(message)
    logger.warn(message)
  }

  /** A store that was used before its remote was begun is uploaded as a whole first. */
  async function begin(): Promise<void> {
    if (await beginning.isMade()) return
    if (holdsReceipts(folder)) throw notBegun()
    await beginning.make()
  }

  async function send({ key, sha256 }: Receipt): Promise<void> {
    const { candidates } = lookupKey(folder, key)
    const candidate = candidates.find(({ receipt }) => receipt.sha256 === sha256)
    if (candidate !== undefined) await attempt(() => sendCandidate(folder, remote, candidate))
  }

  async function sendStored({ stored, markers }: Settlement): Promise<void> {
    for (const receipt of stored) await send(receipt)
    for (const marker of markers) await attempt(() => addReceipt(remote, marker))
  }

  async function retireAll(receipts: readonly AnyReceipt[]): Promise<void> {
    for (const receipt of receipts) await attempt(() => retireReceipt(remote, receipt))
  }

  return {
    ...local,
    async read(keys) {
      const wanted = [...keys].map((key) =>
        typeof key === 'string' ? { key, candidates: 1 } : key,
      )
      return all.read(wanted)
    },

    // Reading the whole local store costs little compared with a request to the remote.
    readKey: async (wanted) => (await all.read([wanted])).lookup(wanted.key),

    async prepare() {
      await local.prepare()
      await begin()
    },

    async adopt(receipt, bytes) {
      await attempt(begin)
      await local.adopt(receipt, bytes)
      await send(receipt)
    },

    async settle(pending) {
      const settlement = await local.settle(pending)
      await sendStored(settlement)
      return settlement
    },

    async keepMarker(marker) {
      await local.keepMarker(marker)
      await attempt(() => addReceipt(remote, marker))
    },

    async recover() {
      const settlements = await local.recover()
      for (const settlement of settlements) await sendStored(settlement)
      return settlements
    },

    async readOriginal(candidate) {
      return readThroughOriginal(folder, remote, candidate, warnUnkept)
    },

    async retire(before) {
      const moved = await local.retire(before)
      await retireAll(receiptsOf(before.candidates.filter(({ bytes }) => bytes !== 'present')))
      return moved
    },

    async retireMarkers(markers) {
      await local.retireMarkers(markers)
      await retireAll(markers.map(({ marker }) => marker))
    },

    async supersede(candidates) {
      await local.supersede(candidates)
      await retireAll(receiptsOf(candidates))
    },

    async verify(place = 'here') {
      const { candidates } = (await local.read([])).everything()
      return withRemote(await local.verify(), candidates, remote, place === 'remote')
    },

    push: (how, keys) => push({ folder, remote, beginning }, how, keys),
    pull: (how, wanted) => pull({ folder, remote, beginning, all }, how, wanted),
    shared: sharedItems(remote),
    close: () => remote.close(),
  }
}

/** Whether this user may not write to the store. */
function isForbidden(reason: unknown): boolean {
  const cause = reason instanceof ImagegenError ? reason.cause : undefined
  return ['EACCES', 'EPERM', 'EROFS'].includes(errorCode(cause) ?? '')
}

function receiptsOf(candidates: readonly Candidate[]): Receipt[] {
  return candidates.map(({ receipt }) => receipt)
}

function sharedItems(remote: Remote): SharedItems {
  return {
    get: (key) => remote.get(key).catch(() => undefined),
    put: (key, bytes) => remote.write(key, bytes).catch(() => undefined),
  }
}
