import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
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

/** Manifests that two threads take from, in memory that both see. */
export interface Heap {
  /** All of them, one behind the other. */
  readonly bytes: Uint8Array
  /** Where each of them ends. */
  readonly ends: Uint32Array
  /** One number: the first that nobody has taken. */
  readonly next: Int32Array
}

/** Some manifests of a heap, by their indexes. */
export interface Taken {
  readonly first: number
  /** Behind the last one; `first` where none are left. */
  readonly end: number
}

/** So few that no thread waits long for the other's last ones. */
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

/** Takes some manifests, which nobody else is given then. */
export function takeSome({ ends, next }: Heap): Taken {
  const first = Math.min(Atomics.add(next, 0, AT_ONCE), ends.length)
  return { first, end: Math.min(first + AT_ONCE, ends.length) }
}

/** A copy of one manifest's bytes: decoders refuse memory that another thread may change. */
export function bytesAt({ bytes, ends }: Heap, index: number): Uint8Array {
  return bytes.slice(index === 0 ? 0 : ends[index - 1], ends[index])
}
