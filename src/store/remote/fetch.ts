import { ImagegenError, type Problem } from '../../shared/errors.ts'
import { bytesState } from '../read/bytes-state.ts'
import type { Candidate } from '../read/bundle.ts'
import type { StoreFolder } from '../folder.ts'
import { readOriginal } from '../original.ts'
import { fetchOriginal } from './originals.ts'
import type { Remote } from './remote.ts'

/**
 * Reads a picture's bytes here or from the remote, and checks them against the receipt. Bytes from the remote are kept
 * here, except that Git LFS pointers stay as they are.
 *
 * @param onUnkept called with the reason why downloaded bytes cannot be kept here. They are returned all the same.
 * @throws ImagegenError where neither place has the bytes, or the remote does not answer.
 */
export async function readThroughOriginal(
  folder: StoreFolder,
  remote: Remote,
  candidate: Candidate,
  onUnkept: (reason: unknown) => void,
): Promise<Uint8Array> {
  try {
    return await readOriginal(folder, candidate)
  } catch (error) {
    if (!(error instanceof ImagegenError)) throw error
    const bytes = await fetchOr(error, remote, candidate)
    await keepHere(folder, candidate, bytes).catch(onUnkept)
    return bytes
  }
}

/** Reports the local and the remote problem together. */
async function fetchOr(
  here: ImagegenError,
  remote: Remote,
  { receipt }: Candidate,
): Promise<Uint8Array> {
  const there = await fetchOriginal(remote, receipt).catch((error: unknown) => {
    if (error instanceof ImagegenError) return error
    throw error
  })
  if (there instanceof Uint8Array) return there
  const [problem] = here.problems
  const [other = NOT_THERE] = there?.problems ?? []
  const message = [problem?.message ?? here.message, other.message].join(' ')
  const hint = other.hint ?? problem?.hint
  throw new ImagegenError(here.code, { message, ...(hint === undefined ? {} : { hint }) })
}

const NOT_THERE: Problem = {
  message: 'The remote store does not have it either.',
  hint: 'Run `imagegen push` on a machine that has it, or restore it from a backup; otherwise regenerate the image with `imagegen generate --replace ID`, which costs money.',
}

async function keepHere(
  folder: StoreFolder,
  { file, receipt }: Candidate,
  bytes: Uint8Array,
): Promise<void> {
  if (bytesState(folder, file, receipt) === 'absent') await folder.write(file, bytes)
}
