import type { ImageEntry } from '../entry.ts'

/** The ids that an entry's picture needs first. */
export function dependenciesOf({ subject }: ImageEntry): readonly string[] {
  // Of most images it is asked many times, and they have none.
  if (subject.kind === 'source' || subject.references.length === 0) return NONE
  const ids: string[] = []
  for (const reference of subject.references) {
    if (reference.kind === 'entry') ids.push(reference.id)
  }
  return ids
}

const NONE: readonly string[] = []

/** Every circle of references once, from its first entry in the order given. */
export function findCycles(entries: readonly ImageEntry[]): string[][] {
  // An image that refers to none is in no circle.
  const referring = entries.filter((entry) => dependenciesOf(entry).length > 0)
  const byId = new Map(referring.map((entry) => [entry.id, entry]))
  const done = new Set<string>()
  const cycles: string[][] = []
  for (const entry of referring) {
    // Nor is one that refers only to such as refer to none.
    const goesOn = dependenciesOf(entry).some((id) => byId.has(id))
    if (goesOn && !done.has(entry.id)) walk(entry.id)
  }
  return cycles

  /** Depth first, with a stack of its own: a chain of references may be longer than the call stack. */
  function walk(start: string): void {
    const trail: string[] = []
    const onTrail = new Set<string>()
    const pending: Array<{ id: string; leave: boolean }> = [{ id: start, leave: false }]
    for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
      const { id, leave } = step
      if (leave) {
        trail.pop()
        onTrail.delete(id)
        done.add(id)
        continue
      }
      if (onTrail.has(id)) {
        cycles.push(trail.slice(trail.indexOf(id)))
        continue
      }
      const current = byId.get(id)
      if (current === undefined || done.has(id)) continue
      trail.push(id)
      onTrail.add(id)
      pending.push({ id, leave: true })
      for (const next of dependenciesOf(current)) pending.push({ id: next, leave: false })
    }
  }
}
