import { ImagegenError } from '../../shared/errors.ts'
import { isRecord } from '../../shared/record.ts'
import type { Remote } from './remote.ts'

/** The item that says that this is a store. */
const ITEM = 'imagegen.json'
const VERSION = 1

/**
 * Tells a store that holds nothing from what is none: a bucket with a misspelt name, a share that is not mounted, a
 * Redis that was emptied answer to every question that there is nothing, and everything would be paid for again.
 */
export interface Beginning {
  /** @throws ImagegenError with code `unavailable`: it cannot be asked, or is something else. */
  isMade(): Promise<boolean>
  /** @throws ImagegenError with code `unavailable`. */
  make(): Promise<void>
}

export function beginningOf(remote: Remote): Beginning {
  let isKnown = false
  const beginning: Beginning = {
    async isMade() {
      if (isKnown) return true
      const bytes = await remote.get(ITEM)
      if (bytes === undefined) return false
      const version = versionOf(bytes)
      if (version !== VERSION) throw strange(version)
      isKnown = true
      return true
    },
    async make() {
      if (await beginning.isMade()) return
      await remote.put(ITEM, Buffer.from(`${JSON.stringify({ version: VERSION })}\n`))
      isKnown = true
    },
  }
  return beginning
}

/** What is said where the remote has no beginning although it should. */
export function notBegun(): ImagegenError {
  return new ImagegenError('unavailable', {
    message: 'The remote store is empty, and this project has pictures already.',
    hint: 'Is it the right one (bucket, folder, a share that is mounted)? If so, begin it with `imagegen push`.',
  })
}

function strange(version: unknown): ImagegenError {
  return new ImagegenError('unavailable', {
    message: `The remote store's ${ITEM} has ${version === undefined ? 'no version' : 'another version'}: what is there is no store that can be read.`,
    hint: 'Update unplugin-imagegen, or give it a bucket, folder or prefix of its own.',
  })
}

function versionOf(bytes: Uint8Array): unknown {
  try {
    const content: unknown = JSON.parse(Buffer.from(bytes).toString())
    return isRecord(content) ? content['version'] : undefined
  } catch {
    return undefined
  }
}
