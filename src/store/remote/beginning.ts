import { ImagegenError } from '../../shared/errors.ts'
import { isRecord } from '../../shared/record.ts'
import type { Remote } from './remote.ts'

/** The item that marks a remote as a store. */
const ITEM = 'imagegen.json'
const VERSION = 1

/**
 * Distinguishes an empty store from something that is not a store. A misspelt bucket, an unmounted share and an emptied
 * Redis all answer that they have nothing, and every picture would be paid for again.
 */
export interface Beginning {
  /**
   * Whether the remote has the marker.
   *
   * @throws ImagegenError with code `unavailable`: the remote does not answer, or is something else.
   */
  isMade(): Promise<boolean>
  /**
   * Writes the marker.
   *
   * @throws ImagegenError with code `unavailable`.
   */
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
      if (version !== VERSION) throw versionError(version)
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

/** The error for a remote that lacks the marker although the project has pictures. */
export function notBegun(): ImagegenError {
  return new ImagegenError('unavailable', {
    message: 'The remote store is empty, but this project already has pictures.',
    hint: 'Is it the right one (bucket, folder, a share that is mounted)? If so, fill it with `imagegen push`.',
  })
}

function versionError(version: unknown): ImagegenError {
  return new ImagegenError('unavailable', {
    message: `The remote store's ${ITEM} has ${version === undefined ? 'no version' : 'another version'}, so this version cannot read it.`,
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
