import { dependenciesOf } from '../manifest/cycles.ts'
import type { ImageEntry } from '../manifest/entry.ts'

/** The entries with each after those it refers to, else in the order given. There are no circles any more. */
export function dependencyOrder(entries: readonly ImageEntry[]): readonly ImageEntry[] {
  // Most projects have few references, or none.
  if (entries.every((entry) => dependenciesOf(entry).length === 0)) return entries
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  const placed = new Set<string>()
  const order: ImageEntry[] = []
  for (const entry of entries) {
    // A stack of our own: a chain of references may be longer than the call stack.
    const pending = [entry]
    for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
      const before = pending.length
      for (const id of dependenciesOf(next)) {
        const dependency = byId.get(id)
        if (dependency !== undefined && !placed.has(id)) pending.push(dependency)
      }
      if (pending.length > before) continue
      pending.pop()
      if (placed.has(next.id)) continue
      placed.add(next.id)
      order.push(next)
    }
  }
  return order
}
