import { setTimeout as delay } from 'node:timers/promises'
import { ImagegenError } from './errors.ts'

/**
 * Waits until the time is up or the signal is aborted.
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

/** @throws ImagegenError with code `aborted` where the signal is aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new ImagegenError('aborted', { message: 'Interrupted.' })
}
