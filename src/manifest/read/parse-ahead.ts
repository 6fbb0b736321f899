import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { createHeap, takeSome, type Heap } from '../parse-heap.ts'
import type { ManifestSource } from './read.ts'

/** What the other thread is given. */
export interface ParseRequest {
  readonly heap: Heap
  /** The manifests' paths, in the order of the heap. */
  readonly paths: readonly string[]
}

/** What the other thread made of a manifest, as JSON; null where something is wrong with it. */
export type ParseAnswer = readonly [index: number, line: string | null]

/** Fewer manifests are parsed before another thread has begun. */
const MANY = 1000

/** The rest is the other thread's in any case, which has to load the parser first. */
const MOST_HERE = 0.75

/**
 * Parses a part of many manifests on another core, while this one does the rest: both take from one heap, so that neither
 * waits for the other. Parsing is what reading costs, and what nobody remembers yet.
 *
 * @param here parses some that stay on this thread.
 * @param keep is given what the other thread made of a manifest, as JSON; nothing where that was not to be had.
 */
export async function parseAhead(
  sources: readonly ManifestSource[],
  here: (sources: readonly ManifestSource[]) => void,
  keep: (hash: string, line: string) => void,
): Promise<void> {
  if (sources.length < MANY || availableParallelism() < 2) return here(sources)
  const heap = createHeap(sources.map(({ bytes }) => bytes))
  const answers = startWorker({ heap, paths: sources.map(({ path }) => path) })
  let parsed = 0
  while (parsed < MOST_HERE * sources.length) {
    const { first, end } = takeSome(heap)
    if (first === end) break
    here(sources.slice(first, end))
    parsed += end - first
  }
  for (const [index, line] of (await answers) ?? []) {
    const source = sources[index]
    if (source !== undefined && line !== null) keep(source.hash, line)
  }
}

/** Nothing where there is no such thread, as in a process that may not start one: then this one does the work. */
async function startWorker(workerData: ParseRequest): Promise<readonly ParseAnswer[] | undefined> {
  try {
    const worker = new Worker(new URL('./parse-worker.js', import.meta.url), { workerData })
    try {
      // It may end without a word, where memory is short.
      const ended = once(worker, 'exit').then(() => [undefined])
      const [answers] = (await Promise.race([once(worker, 'message'), ended])) as [
        readonly ParseAnswer[] | undefined,
      ]
      return answers
    } finally {
      await worker.terminate()
    }
  } catch {
    return undefined
  }
}
