import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { ManifestSource } from './read.ts'

/** What the other thread is given of a manifest. */
export type ParseRequest = Pick<ManifestSource, 'bytes' | 'path'>

/** Fewer manifests are parsed before another thread has begun. */
const MANY = 1000

/** The other thread has to load the parser first, and what it found has to come over here. */
const SHARE = 0.45

/**
 * Parses a part of many manifests on another core, while this one does the rest. Parsing is what reading costs, and what
 * nobody remembers yet.
 *
 * @param here parses those that stay on this thread; is called once, in any case.
 * @param keep is given what the other thread made of a manifest, as JSON; nothing where that was not to be had.
 */
export async function parseAhead(
  sources: readonly ManifestSource[],
  here: (sources: readonly ManifestSource[]) => void,
  keep: (hash: string, line: string) => void,
): Promise<void> {
  const isWorthwhile = sources.length >= MANY && availableParallelism() > 1
  const first = isWorthwhile ? Math.ceil(sources.length * (1 - SHARE)) : sources.length
  const elsewhere = sources.slice(first)
  const worker = elsewhere.length === 0 ? undefined : startWorker(elsewhere)
  here(sources.slice(0, first))
  const lines = (await worker) ?? []
  for (const [index, { hash }] of elsewhere.entries()) {
    const line = lines[index]
    if (typeof line === 'string') keep(hash, line)
  }
}

/** Nothing where there is no such thread, as in a process that may not start one: then this one does the work. */
async function startWorker(
  sources: readonly ManifestSource[],
): Promise<readonly (string | null)[] | undefined> {
  try {
    const workerData = sources.map(({ bytes, path }): ParseRequest => ({ bytes, path }))
    const worker = new Worker(new URL('./parse-worker.js', import.meta.url), { workerData })
    try {
      // It may end without a word, where memory is short.
      const ended = once(worker, 'exit').then(() => [undefined])
      const [lines] = (await Promise.race([once(worker, 'message'), ended])) as [
        readonly (string | null)[] | undefined,
      ]
      return lines
    } finally {
      await worker.terminate()
    }
  } catch {
    return undefined
  }
}
