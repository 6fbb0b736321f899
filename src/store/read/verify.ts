import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import PQueue from 'p-queue'
import { messageOf } from '../../shared/errors.ts'
import type { StoreFolder } from '../folder.ts'
import type { Candidate } from './bundle.ts'
import { readSnapshot } from './snapshot.ts'
import { storeProblem, type StoreProblem } from '../store-problem.ts'

/** Files read at once: enough to keep a disk busy. */
const READERS = 4

/** The state of everything in the store. */
export interface StoreReport {
  /** Pictures with a valid receipt. */
  readonly originals: number
  /** Pictures whose bytes match their receipt. */
  readonly intact: number
  /** The size of the intact pictures in bytes. */
  readonly bytes: number
  /** Pictures whose bytes are in the remote only. */
  readonly elsewhere: number
  readonly problems: readonly StoreProblem[]
  /** Files in quarantine: unusable or damaged pictures, and their reports. */
  readonly quarantined: number
  /** Files that were pruned and not deleted yet. */
  readonly trashed: number
}

/** Checks every original against its receipt, byte by byte. Changes nothing. */
export async function verify(folder: StoreFolder): Promise<StoreReport> {
  const { candidates, problems } = readSnapshot(folder).everything()
  const queue = new PQueue({ concurrency: READERS })
  const found = await queue.addAll(candidates.map((candidate) => () => check(folder, candidate)))
  const intact = candidates.filter((_, index) => found[index] === null)
  return {
    originals: candidates.length,
    intact: intact.length,
    bytes: intact.reduce((sum, { receipt }) => sum + receipt.bytes, 0),
    elsewhere: 0,
    problems: [...problems, ...found.filter((problem) => problem !== null)],
    quarantined: folder.names('quarantine').length,
    trashed: folder.names('trash').length,
  }
}

async function check(
  folder: StoreFolder,
  { file, receipt, problem }: Candidate,
): Promise<StoreProblem | null> {
  if (problem !== null) return problem
  try {
    const hash = createHash('sha256')
    await pipeline(createReadStream(file), hash)
    if (hash.digest('hex') === receipt.sha256) return null
    return storeProblem('bytes-damaged', folder.show(file))
  } catch (error) {
    return storeProblem('bytes-damaged', folder.show(file), messageOf(error))
  }
}
