import type { ImageEntry } from '../entry.ts'

/** The ids of the entries that must be generated before this one. */
export function dependenciesOf({ subject }: ImageEntry): readonly string[] {
  // Called often, and most images have no references.
  if (subject.kind === 'source' || subject.references.length === 0) return NONE
  const ids: string[] = []
  for (const reference of subject.references) {
    if (reference.kind === 'entry') ids.push(reference.id)
  }
  return ids
}

const NONE: readonly string[] = []

/** Finds every cycle of references once, starting at its first entry in the given order. */
export function findCycles(entries: readonly ImageEntry[]): string[][] {
  // An entry without references cannot be in a cycle.
  const referring = entries.filter((entry) => dependenciesOf(entry).length > 0)
  const byId = new Map(referring.map((entry) => [entry.id, entry]))
  const done = new Set<string>()
  const cycles: string[][] = []
  for (const entry of referring) {
    // Neither can one whose references have no references.
    const goesOn = dependenciesOf(entry).some((id) => byId.has(id))
    if (goesOn && !done.has(entry.id)) walk(entry.id)
  }
  return cycles

  /** Walks depth first with an explicit stack, because a chain of references may exceed the call stack. */
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
