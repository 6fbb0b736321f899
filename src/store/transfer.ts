import PQueue from 'p-queue'
import { ImagegenError, type Problem } from '../shared/errors.ts'
import type { Candidate } from './read/bundle.ts'
import type { StoreProblem } from './store-problem.ts'

/** Options for copying pictures between here and a remote. */
export interface TransferOptions {
  /** On abort, running copies finish and no new one starts. */
  readonly signal: AbortSignal
  /** Reports what would be done, and does nothing. */
  readonly isDry: boolean
  readonly onProgress: (progress: TransferProgress) => void
}

export interface PushOptions extends TransferOptions {
  /** Also reads what the remote has, and repairs what is damaged. */
  readonly isThorough: boolean
}

export interface PullOptions extends TransferOptions {
  /** Copies only the given keys, not the bytes of every other local receipt. */
  readonly only: boolean
}

/** The progress after one more picture. */
export interface TransferProgress {
  readonly candidate: Candidate
  readonly outcome: TransferOutcome
  readonly done: number
  readonly total: number
}

export type TransferOutcome =
  /** The picture was copied, or would be. */
  | { readonly kind: 'moved' }
  /** The target had the picture already. */
  | { readonly kind: 'present' }
  | { readonly kind: 'failed'; readonly problem: Problem }
  /** The transfer was interrupted before this picture. */
  | { readonly kind: 'remaining' }

/** The result for one picture. */
export type Transfer = Pick<TransferProgress, 'candidate' | 'outcome'>

export interface TransferReport {
  readonly transfers: readonly Transfer[]
  /** Keys whose state is unknown. */
  readonly problems: readonly StoreProblem[]
}

/** Pictures copied at once. Each of them is in memory as a whole. */
const CONCURRENCY = 8

/**
 * Copies pictures, a few at once. One failure does not stop the others.
 *
 * @param bring copies one picture and says whether it had to.
 */
export async function transfer(
  candidates: readonly Candidate[],
  { signal, onProgress }: TransferOptions,
  bring: (candidate: Candidate) => Promise<'moved' | 'present'>,
): Promise<readonly Transfer[]> {
  const queue = new PQueue({ concurrency: CONCURRENCY })
  let done = 0
  return queue.addAll(
    candidates.map((candidate) => async () => {
      if (signal.aborted) return { candidate, outcome: { kind: 'remaining' } as const }
      const outcome = await outcomeOf(() => bring(candidate))
      done += 1
      onProgress({ candidate, outcome, done, total: candidates.length })
      return { candidate, outcome }
    }),
  )
}

async function outcomeOf(work: () => Promise<'moved' | 'present'>): Promise<TransferOutcome> {
  try {
    return { kind: await work() }
  } catch (error) {
    if (!(error instanceof ImagegenError)) throw error
    return { kind: 'failed', problem: error.problems[0] ?? { message: error.message } }
  }
}
