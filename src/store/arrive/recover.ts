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

/**
 * How long unfinished files of another machine are left alone, in milliseconds. This machine cannot see whether the
 * other still writes them.
 */
const ELSEWHERE_PATIENCE = 24 * 60 * 60 * 1000

/**
 * Continues the work of processes that were killed: pending responses become originals and receipts. A response that
 * cannot be stored now causes a warning and stays pending, and its key is `unavailable` until it can. Links and names
 * that the store does not use are left alone.
 *
 * @throws ImagegenError with code `config` where the store's folders are links or outside the project.
 */
export async function recover(folder: StoreFolder, logger: Logger): Promise<Settlement[]> {
  const { self } = folder
  const settlements: Settlement[] = []
  const attempt = async (action: () => Promise<void> | void): Promise<void> => {
    try {
      await action()
    } catch (error) {
      // A file that is gone was handled by another process.
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

/** The name of a response, and the name of a response before its rename. */
const RESPONSE = /^.+\.[0-9a-f]{16}\.[0-9a-f]{16}\.json$/
const UNFINISHED = /^(.+)\.\d+-[0-9a-f]+\.tmp$/

/**
 * Looks through the unfinished files of a process that is gone. A complete response among them only lacked its rename,
 * so it counts as arrived. The rest can be created again.
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
    // The folder holds files that this project did not write.
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
  // `Math.abs` because a clock that was set back must not hide a response until the clock catches up.
  return Math.abs(Date.now() - stats.mtimeMs) > ELSEWHERE_PATIENCE
}

/** @returns `undefined` where another process has settled it meanwhile, or where it is in quarantine now. */
async function readPending(folder: StoreFolder, file: string): Promise<Pending | undefined> {
  if (isLink(file)) {
    throw new ImagegenError('unavailable', {
      message: `${folder.show(file)} is a link and was left alone.`,
      hint: 'Responses are always plain files. Check where it leads, then remove it.',
    })
  }
  let text: string
  try {
    text = readText(file, LONGEST_RESPONSE)
  } catch (error) {
    if (isNotFound(error)) return undefined
    // A system that lacks a resource or refuses access says nothing about the response.
    if (errorCode(error) !== undefined)
      throw storageError(error, `Cannot read ${folder.show(file)}`)
    throw await setAside(folder, file, messageOf(error))
  }
  const response = parseResponse(text)
  if ('fault' in response) throw await setAside(folder, file, response.fault)
  return { file, response }
}
