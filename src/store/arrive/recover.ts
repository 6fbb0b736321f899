import { renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { messageOf } from '../../shared/errors.ts'
import { errorCode, isNotFound } from '../../shared/files.ts'
import type { Logger } from '../../shared/logger.ts'
import { namesIn, type StoreFolder } from '../folder.ts'
import { sweepLocks } from '../locks/lock.ts'
import { LONGEST_RESPONSE, parseResponse, type Pending } from './pending.ts'
import { stateOf, type ProcessIdentity } from '../locks/process-identity.ts'
import { readText } from '../read-text.ts'
import { setAside, settle, type Settlement } from './settle.ts'
import { storageError } from '../storage-error.ts'
import { temporaryOwner } from '../temporary-name.ts'

/** How long unfinished files of another machine are left alone: nobody here can see whether it still writes them. */
const ELSEWHERE_PATIENCE = 24 * 60 * 60 * 1000

/**
 * Goes on where processes that were killed had stopped: what arrived becomes originals and receipts. A response that
 * cannot be stored now is a warning and stays pending: its key is `unavailable` until it can.
 */
export async function recover(folder: StoreFolder, logger: Logger): Promise<Settlement[]> {
  const { self } = folder
  const settlements: Settlement[] = []
  const attempt = async (action: () => Promise<void> | void): Promise<void> => {
    try {
      await action()
    } catch (error) {
      // What is gone has been looked after by another process.
      if (!isNotFound(error)) logger.warn(messageOf(error))
    }
  }
  for (const name of namesIn(folder.pending)) {
    const owner = temporaryOwner(name, self)
    if (owner !== undefined)
      await attempt(() => adopt(folder, path.join(folder.pending, name), owner))
  }
  for (const name of namesIn(folder.pending).filter((name) => name.endsWith('.json'))) {
    await attempt(async () => {
      const pending = await readPending(folder, path.join(folder.pending, name))
      if (pending !== undefined) settlements.push(await settle(folder, pending))
    })
  }
  await attempt(() => sweepLocks(folder.locks, self))
  return settlements
}

/**
 * Looks through what a process that is gone had not finished. A whole response among it had only its rename before it:
 * it is as good as arrived. The rest can be made again.
 */
function adopt(folder: StoreFolder, temporary: string, owner: ProcessIdentity): void {
  if (!isAbandoned(temporary, owner, folder.self)) return
  for (const name of namesIn(temporary)) {
    const [, final] =
      /^(.+\.[0-9a-f]{16}\.[0-9a-f]{16}\.json)\.\d+-[0-9a-f]+\.tmp$/.exec(name) ?? []
    const file = path.join(temporary, name)
    if (final !== undefined && isWhole(file)) renameSync(file, path.join(folder.pending, final))
  }
  rmSync(temporary, { recursive: true, force: true })
}

function isWhole(file: string): boolean {
  return !('fault' in parseResponse(readText(file, LONGEST_RESPONSE)))
}

function isAbandoned(temporary: string, owner: ProcessIdentity, self: ProcessIdentity): boolean {
  const state = stateOf(owner, self)
  if (state !== 'elsewhere') return state === 'gone'
  return Date.now() - statSync(temporary).mtimeMs > ELSEWHERE_PATIENCE
}

/** @returns nothing where another process has settled it meanwhile, or where it is in quarantine now. */
async function readPending(folder: StoreFolder, file: string): Promise<Pending | undefined> {
  let text: string
  try {
    text = readText(file, LONGEST_RESPONSE)
  } catch (error) {
    if (isNotFound(error)) return undefined
    // A system that is short of something, or refuses, says nothing of the response.
    if (errorCode(error) !== undefined)
      throw storageError(error, `Cannot read ${folder.show(file)}`)
    throw await setAside(folder, file, messageOf(error))
  }
  const response = parseResponse(text)
  if ('fault' in response) throw await setAside(folder, file, response.fault)
  return { file, response }
}
