import { dependenciesOf } from '../manifest/resolve/cycles.ts'
import type { ImageEntry } from '../manifest/entry.ts'

/** An entry and where it stands among all. */
export interface OrderedEntry {
  readonly entry: ImageEntry
  /** In this order. */
  readonly place: number
  /** In the order given. */
  readonly index: number
  /** Where each entry that it refers to stands in the new order: before it. */
  readonly needs: readonly number[]
}

/** The place of an entry that is not there, since it has errors. */
export const NOWHERE = -1

/**
 * Puts entries in an order in which each comes after those it refers to, else in the order given. There are no circles any
 * more. After an edit that leaves ids and references as they are, the order of the last time is used again.
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

/** Whether the same images refer to the same others, whatever else was edited. */
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
  // By the index of an entry: where it stands in the new order.
  const places = new Int32Array(entries.length).fill(NOWHERE)
  const order: OrderedEntry[] = []
  const put = (entry: ImageEntry, index: number, needs: readonly number[]): void => {
    places[index] = order.length
    order.push({ entry, place: order.length, index, needs })
  }
  const visit = (start: number): void => {
    // A stack of our own: a chain of references may be longer than the call stack.
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
    // Most refer to none.
    if (dependenciesOf(entry).length === 0) put(entry, index, NOTHING)
    else visit(index)
  }
  return order
}

const NOTHING: readonly number[] = []

/** Only where somebody refers to another: most projects have few references, or none. */
function indexesOf(entries: readonly ImageEntry[]): ReadonlyMap<string, number> {
  const indexes = new Map<string, number>()
  if (entries.some((entry) => dependenciesOf(entry).length > 0)) {
    for (const [index, { id }] of entries.entries()) indexes.set(id, index)
  }
  return indexes
}
