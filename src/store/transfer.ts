import PQueue from 'p-queue'
import { ImagegenError, type Problem } from '../shared/errors.ts'
import type { Candidate } from './read/bundle.ts'
import type { StoreProblem } from './store-problem.ts'

/** How pictures are brought from one place to another. */
export interface TransferOptions {
  /** What is under way comes to its end; nothing more is begun. */
  readonly signal: AbortSignal
  /** Says what would be done, and does nothing. */
  readonly isDry: boolean
  readonly onProgress: (progress: TransferProgress) => void
}

export interface PushOptions extends TransferOptions {
  /** Reads what is there already, and puts right what is wrong with it. */
  readonly isThorough: boolean
}

export interface PullOptions extends TransferOptions {
  /** Nothing but the keys that are given: not the bytes of whatever else has a receipt here. */
  readonly only: boolean
}

/** One picture more. */
export interface TransferProgress {
  readonly candidate: Candidate
  readonly outcome: TransferOutcome
  readonly done: number
  readonly total: number
}

export type TransferOutcome =
  /** It is there now, or would be. */
  | { readonly kind: 'moved' }
  /** It was there. */
  | { readonly kind: 'present' }
  | { readonly kind: 'failed'; readonly problem: Problem }
  /** The transfer was interrupted before it. */
  | { readonly kind: 'remaining' }

/** What became of a picture. */
export type Transfer = Pick<TransferProgress, 'candidate' | 'outcome'>

export interface TransferReport {
  readonly transfers: readonly Transfer[]
  /** Keys of which nobody could say what there is. */
  readonly problems: readonly StoreProblem[]
}

/** Pictures at once: each of them is in memory, as a whole. */
const CONCURRENCY = 8

/**
 * Brings pictures from one place to another, a few at once. One failure does not keep the others.
 *
 * @param bring says whether something had to be done.
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
