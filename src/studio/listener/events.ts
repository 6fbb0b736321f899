import type { ServerResponse } from 'node:http'
import { beginLines } from './answers.ts'
import type { StudioEvent } from '../protocol.ts'
import { refuse } from './refused.ts'

/** The open streams of events. */
export interface Events {
  /**
   * Answers with a stream, which begins with the given event.
   *
   * @throws RefusedError `busy`.
   */
  open(response: ServerResponse, first: StudioEvent): void
  send(event: StudioEvent): void
  close(): void
}

/** A browser has one stream a tab; more than this is no person. */
const MOST_STREAMS = 32

/** Milliseconds between two signs of life. */
const BEAT = 10_000

/** A page that reads so slowly, in bytes, begins again: the first event holds everything. */
const MOST_WAITING = 4 * 1024 * 1024

/**
 * @param attend called while the first stream is open; returns what ends it.
 * @param clean removes what must not leave the process.
 */
export function createEvents(attend: () => () => void, clean: (text: string) => string): Events {
  const streams = new Set<ServerResponse>()
  let leave: (() => void) | undefined
  let beating: NodeJS.Timeout | undefined

  function forget(stream: ServerResponse): void {
    if (!streams.delete(stream) || streams.size > 0) return
    clearInterval(beating)
    leave?.()
    leave = undefined
  }

  function write(stream: ServerResponse, line: string): void {
    if (stream.writableLength > MOST_WAITING) stream.destroy()
    else stream.write(line)
  }

  function send(event: StudioEvent): void {
    if (streams.size === 0) return
    const line = clean(`${JSON.stringify(event)}\n`)
    for (const stream of streams) write(stream, line)
  }

  return {
    open(response, first) {
      if (streams.size >= MOST_STREAMS) {
        throw refuse('busy', 'The studio is open too many times.', { hint: 'Close some tabs.' })
      }
      streams.add(response)
      response.once('close', () => forget(response))
      if (streams.size === 1) {
        leave = attend()
        beating = setInterval(() => send({ type: 'beat' }), BEAT)
        beating.unref()
      }
      beginLines(response)
      write(response, clean(`${JSON.stringify(first)}\n`))
    },
    send,
    close() {
      for (const stream of streams) stream.end()
    },
  }
}
