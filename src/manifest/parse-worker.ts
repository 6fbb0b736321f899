import { parentPort, workerData } from 'node:worker_threads'
import type { ParseRequest } from './parse-ahead.ts'
import { parseManifest } from './parse.ts'

/*
 * The other thread of `parse-ahead.ts`. What is wrong with a manifest is not told here: whoever reads it finds out, with
 * all the places.
 */
const lines = (workerData as readonly ParseRequest[]).map(lineOf)
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(lines)

function lineOf({ bytes, path }: ParseRequest): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return JSON.stringify(parseManifest(text, path))
  } catch {
    return null
  }
}
