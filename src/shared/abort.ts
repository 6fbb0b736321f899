import { setTimeout as delay } from 'node:timers/promises'
import { ImagegenError } from './errors.ts'

/**
 * Waits, unless it is told to stop.
 *
 * @throws ImagegenError with code `aborted`.
 */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal)
  try {
    await delay(milliseconds, undefined, { signal })
  } catch (error) {
    throwIfAborted(signal)
    throw error
  }
}

/** @throws ImagegenError with code `aborted` where the signal has been given. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new ImagegenError('aborted', { message: 'Interrupted.' })
}
