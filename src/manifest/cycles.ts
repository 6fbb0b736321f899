import type { ImageEntry } from './entry.ts'

/** The ids that an entry's picture needs first. */
export function dependenciesOf(entry: ImageEntry): string[] {
  return entry.subject.kind === 'source'
    ? []
    : entry.subject.references.flatMap((reference) =>
        reference.kind === 'entry' ? [reference.id] : [],
      )
}

/** Every circle of references once, from its first entry in the order given. */
export function findCycles(entries: readonly ImageEntry[]): string[][] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  const done = new Set<string>()
  const cycles: string[][] = []
  for (const entry of entries) {
    if (!done.has(entry.id)) walk(entry.id)
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
