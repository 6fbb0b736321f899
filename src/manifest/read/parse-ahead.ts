import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { setImmediate as letOthersRun } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { ManifestSource } from './read.ts'

/** The input of the parser thread. */
export interface ParseRequest {
  readonly heap: Heap
  /** The manifests' paths, in the order of the heap. */
  readonly paths: readonly string[]
}

/** The parser thread's result for a manifest, as JSON; null if the manifest has a problem. */
export type ParseAnswer = readonly [index: number, line: string | null]

/** The fewest manifests worth a second thread: with fewer, parsing ends before the thread has started. */
const MANY = 1000

/** The largest share that this thread parses. The other thread starts later, because it loads the parser first. */
const MOST_HERE = 0.75

/**
 * Parses many manifests on two threads. Both pull from one shared heap, so that neither waits for the other. This thread
 * goes on with other work in between, because a server that reads a large project has to answer meanwhile.
 *
 * @param here parses manifests on this thread.
 * @param keep receives the other thread's result for a manifest, as JSON. It is not called for a manifest that has a
 *   problem, nor if the thread failed.
 * @param follow receives what tells how many manifests the threads have taken so far.
 */
export async function parseAhead(
  sources: readonly ManifestSource[],
  here: (sources: readonly ManifestSource[]) => void,
  keep: (hash: string, line: string) => void,
  follow: (taken: () => number) => void,
): Promise<void> {
  if (sources.length < MANY || availableParallelism() < 2) return here(sources)
  const heap = createHeap(sources.map(({ bytes }) => bytes))
  follow(() => Math.min(Atomics.load(heap.next, 0), sources.length))
  const answers = startWorker({ heap, paths: sources.map(({ path }) => path) })
  let parsed = 0
  while (parsed < MOST_HERE * sources.length) {
    const { first, end } = takeSome(heap)
    if (first === end) break
    here(sources.slice(first, end))
    parsed += end - first
    await letOthersRun()
  }
  for (const [index, line] of (await answers) ?? []) {
    const source = sources[index]
    if (source !== undefined && line !== null) keep(source.hash, line)
  }
}

/** Resolves to undefined if no thread can be started; the main thread then parses everything. */
async function startWorker(workerData: ParseRequest): Promise<readonly ParseAnswer[] | undefined> {
  try {
    const worker = new Worker(new URL('./parse-worker.js', import.meta.url), { workerData })
    try {
      // The thread may exit without an answer if memory is short.
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

/** Manifests in shared memory that both threads pull from. */
export interface Heap {
  /** The concatenated bytes of all manifests. */
  readonly bytes: Uint8Array
  /** The end offset of each manifest. */
  readonly ends: Uint32Array
  /** One number: the index of the first manifest that is not taken yet. */
  readonly next: Int32Array
}

/** A range of manifests in a heap. */
export interface Taken {
  readonly first: number
  /** The index after the last one; equal to `first` if none are left. */
  readonly end: number
}

/** How many manifests a thread takes at once: few enough that no thread waits long for the other at the end. */
const AT_ONCE = 20

export function createHeap(all: readonly Uint8Array[]): Heap {
  const size = all.reduce((sum, { length }) => sum + length, 0)
  const bytes = new Uint8Array(new SharedArrayBuffer(size))
  const ends = new Uint32Array(new SharedArrayBuffer(4 * all.length))
  let end = 0
  for (const [index, one] of all.entries()) {
    bytes.set(one, end)
    end += one.length
    ends[index] = end
  }
  return { bytes, ends, next: new Int32Array(new SharedArrayBuffer(4)) }
}

/** Takes the next manifests from the heap; the other thread does not get them. */
export function takeSome({ ends, next }: Heap): Taken {
  const first = Math.min(Atomics.add(next, 0, AT_ONCE), ends.length)
  return { first, end: Math.min(first + AT_ONCE, ends.length) }
}

/** Copies one manifest's bytes, because `TextDecoder` refuses shared memory. */
export function bytesAt({ bytes, ends }: Heap, index: number): Uint8Array {
  return bytes.slice(index === 0 ? 0 : ends[index - 1], ends[index])
}
