import { setMaxListeners } from 'node:events'
import { throwIfAborted } from '../shared/abort.ts'

/** Lets concurrent callers with the same key share one run of the work. */
export interface Sharing {
  /**
   * Starts the work for a key, or joins running work. A caller that aborts stops waiting. The work is aborted once no
   * caller waits, and the last caller waits until it has stopped.
   */
  run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void>
}

interface Shared {
  waiting: number
  readonly controller: AbortController
  readonly done: Promise<void>
}

export function createSharing(): Sharing {
  const running = new Map<string, Shared>()

  function start(key: string, work: (signal: AbortSignal) => Promise<void>): Shared {
    const controller = new AbortController()
    const done = work(controller.signal).finally(() => {
      if (running.get(key)?.controller === controller) running.delete(key)
    })
    const shared = { waiting: 0, controller, done }
    running.set(key, shared)
    return shared
  }

  return {
    async run(key, signal, work) {
      throwIfAborted(signal)
      const shared = running.get(key) ?? start(key, work)
      shared.waiting++
      // A build renders hundreds of images under one signal, which Node would report as a leak.
      setMaxListeners(0, signal)
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          shared.waiting--
          if (shared.waiting > 0) return resolve()
          // New callers do not join aborted work.
          running.delete(key)
          shared.controller.abort()
        }
        signal.addEventListener('abort', leave, { once: true })
        shared.done.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
      })
      throwIfAborted(signal)
    },
  }
}
