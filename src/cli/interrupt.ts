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
