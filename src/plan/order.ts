import { dependenciesOf } from '../manifest/resolve/cycles.ts'
import type { ImageEntry } from '../manifest/entry.ts'

/** An entry with its position. */
export interface OrderedEntry {
  readonly entry: ImageEntry
  /** Index in dependency order. */
  readonly place: number
  /** Index in the given order. */
  readonly index: number
  /** The places of the entries that it refers to, which are all lower; `NOWHERE` for one that is missing. */
  readonly needs: readonly number[]
}

/** The place of an entry that is missing because it has errors. */
export const NOWHERE = -1

/**
 * Creates a function that sorts entries so that each comes after the entries it refers to, and otherwise keeps their
 * order. The input has no cycles. If an edit changed neither ids nor references, the previous order is reused.
 */
export function createDependencyOrder(): (
  entries: readonly ImageEntry[],
) => readonly OrderedEntry[] {
  let last: { entries: readonly ImageEntry[]; ordered: readonly OrderedEntry[] } | undefined
  return (entries) => {
    const ordered =
      last !== undefined && areAlike(last.entries, entries)
        ? last.ordered.map((one) => withEntry(one, entries[one.index]))
        : dependencyOrder(entries)
    last = { entries, ordered }
    return ordered
  }
}

function withEntry(ordered: OrderedEntry, entry: ImageEntry | undefined): OrderedEntry {
  return entry === undefined || entry === ordered.entry ? ordered : { ...ordered, entry }
}

/** Whether two lists have the same ids and the same references between them. */
function areAlike(earlier: readonly ImageEntry[], now: readonly ImageEntry[]): boolean {
  return (
    earlier.length === now.length &&
    earlier.every((one, index) => {
      const other = now[index]
      if (one === other) return true
      if (one.id !== other?.id) return false
      const [before, after] = [dependenciesOf(one), dependenciesOf(other)]
      return before.length === after.length && before.every((id, place) => id === after[place])
    })
  )
}

function dependencyOrder(entries: readonly ImageEntry[]): readonly OrderedEntry[] {
  const indexes = indexesOf(entries)
  // The place of each entry, by its index.
  const places = new Int32Array(entries.length).fill(NOWHERE)
  const order: OrderedEntry[] = []
  const put = (entry: ImageEntry, index: number, needs: readonly number[]): void => {
    places[index] = order.length
    order.push({ entry, place: order.length, index, needs })
  }
  const visit = (start: number): void => {
    // An explicit stack, because a chain of references may exceed the call stack.
    const pending = [start]
    for (let index = pending.at(-1); index !== undefined; index = pending.at(-1)) {
      const entry = entries[index]
      if (entry === undefined || places[index] !== NOWHERE) {
        pending.pop()
        continue
      }
      const needed = dependenciesOf(entry).map((id) => indexes.get(id))
      const before = pending.length
      for (const other of needed) {
        if (other !== undefined && places[other] === NOWHERE) pending.push(other)
      }
      if (pending.length > before) continue
      pending.pop()
      put(
        entry,
        index,
        needed.map((other) => (other === undefined ? NOWHERE : (places[other] ?? NOWHERE))),
      )
    }
  }
  for (const [index, entry] of entries.entries()) {
    if (places[index] !== NOWHERE) continue
    // Fast path: most entries have no references.
    if (dependenciesOf(entry).length === 0) put(entry, index, NOTHING)
    else visit(index)
  }
  return order
}

const NOTHING: readonly number[] = []

/** The index of each entry by id; empty if no entry has references, as in most projects. */
function indexesOf(entries: readonly ImageEntry[]): ReadonlyMap<string, number> {
  const indexes = new Map<string, number>()
  if (entries.some((entry) => dependenciesOf(entry).length > 0)) {
    for (const [index, { id }] of entries.entries()) indexes.set(id, index)
  }
  return indexes
}
