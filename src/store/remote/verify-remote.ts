import PQueue from 'p-queue'
import { ImagegenError } from '../../shared/errors.ts'
import type { Candidate } from '../read/bundle.ts'
import type { StoreProblem } from '../store-problem.ts'
import type { StoreReport } from '../read/verify.ts'
import { fetchOriginal, hasOriginal } from './originals.ts'
import type { Remote } from './remote.ts'

/** Pictures read at once. Each of them is in memory as a whole. */
const READERS = 4

/**
 * Adds the remote to a report. A picture that is absent here but in the remote is not a problem.
 *
 * @param report the report on the local folder.
 * @param isThorough reads every remote picture that has a receipt here.
 */
export async function withRemote(
  report: StoreReport,
  candidates: readonly Candidate[],
  remote: Remote,
  isThorough: boolean,
): Promise<StoreReport> {
  const queue = new PQueue({ concurrency: READERS })
  const looked = candidates.filter(({ bytes }) => isThorough || bytes === 'absent')
  const found = await queue.addAll(
    looked.map((candidate) => () => look(candidate, remote, isThorough)),
  )
  const there = looked.filter((_, index) => found[index] === 'there')
  const files = new Set(there.map(({ problem }) => problem?.file))
  const isThere = ({ kind, file }: StoreProblem): boolean =>
    kind === 'bytes-absent' && files.has(file)
  const problems = report.problems.filter((problem) => !isThere(problem))
  return {
    ...report,
    elsewhere: report.problems.length - problems.length,
    problems: [...problems, ...found.filter((one) => one !== 'there' && one !== 'nowhere')],
  }
}

async function look(
  { receipt, bytes }: Candidate,
  remote: Remote,
  isThorough: boolean,
): Promise<StoreProblem | 'there' | 'nowhere'> {
  const file = `originals:${receipt.sha256}`
  try {
    const isThere = isThorough
      ? (await fetchOriginal(remote, receipt)) !== undefined
      : await hasOriginal(remote, receipt)
    if (isThere) return 'there'
    // The local report already has this problem.
    if (bytes === 'absent') return 'nowhere'
    return {
      kind: 'remote-absent',
      file,
      message: `${receipt.name} is not in the remote store.`,
      hint: 'Run `imagegen push`.',
    }
  } catch (error) {
    if (!(error instanceof ImagegenError)) throw error
    const [problem] = error.problems
    return {
      kind: error.code === 'damaged' ? 'remote-damaged' : 'remote-silent',
      file,
      message: `${receipt.name}: ${problem?.message ?? error.message}`,
      hint: problem?.hint ?? 'Run it again.',
    }
  }
}
