import { readFile } from 'node:fs/promises'
import { ImagegenError, messageOf } from '../shared/errors.ts'
import { sha256 } from '../shared/hash.ts'
import { bytesState } from './read/bytes-state.ts'
import type { StoreFolder } from './folder.ts'
import { moveToQuarantine } from './arrive/quarantine.ts'
import type { Candidate } from './read/bundle.ts'
import { storageError } from './storage-error.ts'
import { bytesProblem } from './store-problem.ts'

/**
 * Reads the paid bytes and checks them against their receipt. Moves damaged bytes to quarantine, unless the store is
 * opened to look. Damaged bytes are never used.
 *
 * @throws ImagegenError `unavailable` where the bytes are absent, `damaged` where they do not match the receipt.
 */
export async function readOriginal(folder: StoreFolder, candidate: Candidate): Promise<Uint8Array> {
  const { file, receipt } = candidate
  const state = bytesState(folder, file, receipt)
  if (state === 'absent' || state === 'lfs-pointer') {
    throw new ImagegenError('unavailable', bytesProblem(state, folder.show(file)))
  }
  if (state === 'present') {
    const bytes = await read(folder, file)
    if (sha256(bytes) === receipt.sha256) return bytes
  }
  throw await damaged(folder, candidate)
}

async function read(folder: StoreFolder, file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    throw storageError(error, `Cannot read ${folder.show(file)}`)
  }
}

async function damaged(folder: StoreFolder, { file, receipt }: Candidate): Promise<ImagegenError> {
  const problem = bytesProblem('damaged', folder.show(file))
  return new ImagegenError('damaged', {
    message: `${problem.message} ${await isolate()}`,
    hint: problem.hint,
  })

  async function isolate(): Promise<string> {
    if (folder.purpose !== 'make') return 'It stays where it is.'
    try {
      const moved = await moveToQuarantine(folder, file, {
        what: `The original of ${receipt.name}, sha256 ${receipt.sha256}.`,
        why: 'Its bytes do not match its receipt.',
        advice: problem.hint,
      })
      return moved === undefined ? 'It is gone now.' : `It was moved to ${folder.show(moved)}.`
    } catch (error) {
      return `It stays where it is: ${messageOf(error)}`
    }
  }
}
