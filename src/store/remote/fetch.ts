import { ImagegenError, type Problem } from '../../shared/errors.ts'
import { bytesState } from '../read/bytes-state.ts'
import type { Candidate } from '../read/bundle.ts'
import type { StoreFolder } from '../folder.ts'
import { readOriginal } from '../original.ts'
import { fetchOriginal } from './originals.ts'
import type { Remote } from './remote.ts'

/**
 * The bytes of a picture, from here or from the remote, checked against the receipt. What comes from the remote stays
 * here, but for what Git LFS keeps: its pointers are left where they are.
 *
 * @param onUnkept told why what has come cannot stay here. It can be used all the same.
 * @throws ImagegenError where the bytes are nowhere, or nobody can be asked for them.
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

/** What is wrong here is said together with what is wrong there. */
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
  hint: 'Run `imagegen push` where it is, or restore it from a backup; else ask for the picture anew with `imagegen generate --replace ID`, which costs.',
}

async function keepHere(
  folder: StoreFolder,
  { file, receipt }: Candidate,
  bytes: Uint8Array,
): Promise<void> {
  if (bytesState(folder, file, receipt) === 'absent') await folder.write(file, bytes)
}
