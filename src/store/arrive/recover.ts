import { lstatSync, readdirSync, renameSync, rmSync, rmdirSync } from 'node:fs'
import path from 'node:path'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import { errorCode, isNotFound } from '../../shared/files.ts'
import type { Logger } from '../../shared/logger.ts'
import { isLink } from '../boundary.ts'
import { type StoreFolder, temporaryOwner } from '../folder.ts'
import { sweepLocks } from '../locks/lock.ts'
import { type ProcessIdentity, stateOf } from '../locks/process-identity.ts'
import { readText } from '../read-text.ts'
import { storageError } from '../storage-error.ts'
import { LONGEST_RESPONSE, type Pending, parseResponse } from './pending.ts'
import { type Settlement, setAside, settle } from './settle.ts'

/** How long unfinished files of another machine are left alone: nobody here can see whether it still writes them. */
const ELSEWHERE_PATIENCE = 24 * 60 * 60 * 1000

/**
 * Goes on where processes that were killed had stopped: what arrived becomes originals and receipts. A response that
 * cannot be stored now is a warning and stays pending: its key is `unavailable` until it can. A name that the store does
 * not give, and a link, is left where it is.
 *
 * @throws ImagegenError with code `config` where the store's folders are not its own.
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
  folder.check()
  for (const name of folder.names('pending')) {
    const owner = temporaryOwner(name, self)
    if (owner !== undefined)
      await attempt(() => adopt(folder, path.join(folder.pending, name), owner))
  }
  for (const name of folder.names('pending').filter((name) => RESPONSE.test(name))) {
    await attempt(async () => {
      const pending = await readPending(folder, path.join(folder.pending, name))
      if (pending !== undefined) settlements.push(await settle(folder, pending))
    })
  }
  folder.check()
  await attempt(() => sweepLocks(folder.locks, self))
  return settlements
}

/** The name of a response, and that of one whose rename was still to come. */
const RESPONSE = /^.+\.[0-9a-f]{16}\.[0-9a-f]{16}\.json$/
const UNFINISHED = /^(.+)\.\d+-[0-9a-f]+\.tmp$/

/**
 * Looks through what a process that is gone had not finished. A whole response among it had only its rename before it:
 * it is as good as arrived. The rest can be made again.
 */
function adopt(folder: StoreFolder, temporary: string, owner: ProcessIdentity): void {
  if (!isAbandoned(temporary, owner, folder.self)) return
  for (const name of readdirSync(temporary)) {
    const [, final] = UNFINISHED.exec(name) ?? []
    if (final === undefined) continue
    const file = path.join(temporary, name)
    if (RESPONSE.test(final) && isWhole(file)) renameSync(file, path.join(folder.pending, final))
    else rmSync(file, { force: true })
  }
  try {
    rmdirSync(temporary)
  } catch (error) {
    // Something in there belongs to somebody else.
    if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error
  }
}

function isWhole(file: string): boolean {
  if (!lstatSync(file).isFile()) return false
  return !('fault' in parseResponse(readText(file, LONGEST_RESPONSE)))
}

function isAbandoned(temporary: string, owner: ProcessIdentity, self: ProcessIdentity): boolean {
  const stats = lstatSync(temporary)
  if (!stats.isDirectory()) return false
  const state = stateOf(owner, self)
  if (state !== 'elsewhere') return state === 'gone'
  // Either way: a clock that was set back must not hide a response for as long as it was wrong.
  return Math.abs(Date.now() - stats.mtimeMs) > ELSEWHERE_PATIENCE
}

/** @returns nothing where another process has settled it meanwhile, or where it is in quarantine now. */
async function readPending(folder: StoreFolder, file: string): Promise<Pending | undefined> {
  if (isLink(file)) {
    throw new ImagegenError('unavailable', {
      message: `${folder.show(file)} is a link; it is left alone.`,
      hint: 'Responses that arrive are plain files. Look where it leads, and remove it.',
    })
  }
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
