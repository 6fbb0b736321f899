import type { Output } from './output.ts'

/** What an interrupted command does: first it comes to an end, then it gives up. */
export interface Interrupt {
  /** Nothing more is begun. */
  readonly stop: AbortSignal
  /** What is under way is given up, too. */
  readonly abandon: AbortSignal
  /** Gives the signals back. */
  release(): void
}

/** The first Ctrl-C stops, the second abandons. */
export function stopOnInterrupt({ logger }: Output): Interrupt {
  const stop = new AbortController()
  const abandon = new AbortController()
  const release = onInterrupt(() => {
    if (stop.signal.aborted) {
      abandon.abort()
      return
    }
    stop.abort()
    logger.warn('Interrupted: waiting for what is under way. Once more gives it up.')
  })
  return { stop: stop.signal, abandon: abandon.signal, release }
}

/**
 * Calls back on Ctrl-C (and on a service's polite end) instead of ending the process.
 *
 * @returns a function that gives the signals back.
 */
export function onInterrupt(callback: () => void): () => void {
  process.on('SIGINT', callback)
  process.on('SIGTERM', callback)
  return () => {
    process.off('SIGINT', callback)
    process.off('SIGTERM', callback)
  }
}
