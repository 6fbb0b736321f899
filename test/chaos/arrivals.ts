import { mkdirSync, rmSync, watch, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Records which responses have become durable in a store: their rename into `pending/`, as the file system reports it,
 * also where the process was killed right afterwards.
 */
export interface Arrivals extends Disposable {
  /** The names of the responses so far, complete once this has resolved. */
  readonly seen: () => Promise<ReadonlySet<string>>
}

export function watchArrivals(storeDir: string): Arrivals {
  const folder = path.join(storeDir, 'pending')
  mkdirSync(folder, { recursive: true })
  const names = new Set<string>()
  const awaited = new Map<string, () => void>()
  const watcher = watch(folder, (_, name) => {
    if (name === null) return
    if (/\.[0-9a-f]{16}\.[0-9a-f]{16}\.json$/.test(name)) names.add(name)
    awaited.get(name)?.()
  })
  let marks = 0
  return {
    async seen() {
      // Events arrive in order, so once this one is here, all earlier ones are too.
      marks += 1
      const mark = `mark-${marks}`
      const told = new Promise<void>((resolve) => {
        awaited.set(mark, resolve)
      })
      writeFileSync(path.join(folder, mark), '')
      await told
      rmSync(path.join(folder, mark), { force: true })
      return new Set(names)
    },
    [Symbol.dispose]: () => watcher.close(),
  }
}
