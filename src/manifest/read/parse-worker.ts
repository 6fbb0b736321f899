import { parentPort, workerData } from 'node:worker_threads'
import { type ParseAnswer, type ParseRequest, bytesAt, takeSome } from './parse-ahead.ts'
import { parseManifest } from './parse.ts'

/*
 * The parser thread of `parse-ahead.ts`. It does not report problems: the main thread parses a broken manifest again and
 * reports its problems with their positions.
 */
const { heap, paths } = workerData as ParseRequest
const answers: ParseAnswer[] = []
for (let some = takeSome(heap); some.first < some.end; some = takeSome(heap)) {
  for (let index = some.first; index < some.end; index++) {
    answers.push([index, lineOf(bytesAt(heap, index), paths[index] ?? '')])
  }
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(answers)

function lineOf(bytes: Uint8Array, path: string): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return JSON.stringify(parseManifest(text, path))
  } catch {
    return null
  }
}
