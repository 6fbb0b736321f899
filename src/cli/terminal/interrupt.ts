import type { Output } from './output.ts'

/** The two stages of interrupting a command. */
export interface Interrupt {
  /** Aborted when no new work may start. */
  readonly stop: AbortSignal
  /** Aborted when running work must be given up as well. */
  readonly abandon: AbortSignal
  /** Removes the signal handlers. */
  release(): void
}

/** Handles Ctrl-C: the first one stops, the second one abandons. */
export function stopOnInterrupt({ logger }: Output): Interrupt {
  const stop = new AbortController()
  const abandon = new AbortController()
  const release = onInterrupt(() => {
    if (stop.signal.aborted) {
      abandon.abort()
      return
    }
    stop.abort()
    logger.warn('Interrupted: waiting for running work. Press Ctrl-C again to abandon it.')
  })
  return { stop: stop.signal, abandon: abandon.signal, release }
}

/**
 * Handles SIGINT (Ctrl-C) and SIGTERM with a callback instead of ending the process.
 *
 * @returns a function that removes the handlers.
 */
export function onInterrupt(callback: () => void): () => void {
  process.on('SIGINT', callback)
  process.on('SIGTERM', callback)
  return () => {
    process.off('SIGINT', callback)
    process.off('SIGTERM', callback)
  }
}
