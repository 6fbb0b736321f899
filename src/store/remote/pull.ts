import { ImagegenError } from '../../shared/errors.ts'
import type { StoreFolder } from '../folder.ts'
import type { Candidate } from '../read/bundle.ts'
import { bytesState } from '../read/bytes-state.ts'
import type { WantedKey } from '../read/snapshot.ts'
import { type PullOptions, type TransferReport, transfer } from '../transfer.ts'
import { type Beginning, notBegun } from './beginning.ts'
import { readThroughOriginal } from './fetch.ts'
import { hasOriginal } from './originals.ts'
import type { ReadThrough } from './read-through.ts'
import type { Remote } from './remote.ts'

interface Parts {
  readonly folder: StoreFolder
  readonly remote: Remote
  readonly beginning: Beginning
  readonly all: ReadThrough
}

/** Downloads pictures from the remote; see `Store.pull`. */
export async function pull(
  { folder, remote, beginning, all }: Parts,
  options: PullOptions,
  wanted: readonly WantedKey[],
): Promise<TransferReport> {
  if (!(await beginning.isMade())) throw notBegun()
  const snapshot = await all.read(wanted)
  const records = wanted.map(({ key }) => snapshot.lookup(key))
  const problems = records
    .flatMap((record) => record.problems)
    .filter(({ kind }) => kind === 'remote-silent' || kind === 'remote-damaged')
  const known = records.flatMap(({ candidates }) => candidates)
  const others = options.only ? [] : snapshot.everything().candidates
  const files = new Map([...others, ...known].map((candidate) => [candidate.file, candidate]))
  const transfers = await transfer([...files.values()], options, async (candidate) => {
    const state = bytesState(folder, candidate.file, candidate.receipt)
    // `git lfs pull` fetches the bytes of pointers.
    if (state === 'present' || state === 'lfs-pointer') return 'present'
    if (options.isDry) {
      if (await hasOriginal(remote, candidate.receipt)) return 'moved'
      throw new ImagegenError('unavailable', problemOf(candidate))
    }
    await readThroughOriginal(folder, remote, candidate, (reason) => {
      throw reason
    })
    return 'moved'
  })
  return { transfers, problems }
}

function problemOf({ problem, receipt }: Candidate): { message: string; hint?: string } {
  return problem ?? { message: `${receipt.name} is not in the remote store.` }
}
