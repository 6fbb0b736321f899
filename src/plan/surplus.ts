import path from 'node:path'
import type { EntryState } from './entry-state.ts'
import type { Inventory, StoredCandidate } from './planned-image.ts'

const NONE: readonly string[] = []

/**
 * Names the candidates of a key that nobody asks for. Whoever can write to the store can put one there, with a time before
 * that of the picture in use: a plan that names them shows it.
 *
 * @param states of all entries: those that share a key have its candidates in common.
 */
export function createSurplus(
  states: readonly EntryState[],
  inventory: Inventory,
): (state: EntryState) => readonly string[] {
  let asked: ReadonlyMap<string, number> | undefined
  return ({ made, candidates }) => {
    if (made === undefined || candidates <= made.subject.candidates) return NONE
    asked ??= askedByKey(states)
    const extra = inventory.lookup(made.key).candidates.slice(asked.get(made.key))
    return extra.length === 0 ? NONE : extra.map(nameOf)
  }
}

function askedByKey(states: readonly EntryState[]): ReadonlyMap<string, number> {
  const asked = new Map<string, number>()
  for (const { made } of states) {
    if (made === undefined) continue
    asked.set(made.key, Math.max(made.subject.candidates, asked.get(made.key) ?? 0))
  }
  return asked
}

function nameOf({ file, receipt }: StoredCandidate): string {
  return file === undefined ? receipt.sha256 : path.basename(file)
}
