import path from 'node:path'
import type { EntryState } from './entry-state.ts'
import type { Inventory, StoredCandidate } from './planned-image.ts'

const NONE: readonly string[] = []

/**
 * Lists the candidates of a key that no entry asks for. Anyone with write access to the store can add a candidate with
 * an earlier time than the one in use; listing it in the plan makes that visible.
 *
 * @param states the states of all entries, because entries that share a key share its candidates.
 */
export function createSurplus(
  states: readonly EntryState[],
  inventory: Inventory,
): (state: EntryState) => readonly string[] {
  let asked: ReadonlyMap<string, number> | undefined
  // A digest may pick a candidate beyond the number that an entry asks for.
  let picked: ReadonlySet<string> | undefined
  return ({ made, candidates }) => {
    if (made === undefined || candidates <= made.subject.candidates) return NONE
    asked ??= askedByKey(states)
    picked ??= new Set(states.flatMap((state) => state.picked ?? []))
    const known = picked
    const extra = inventory
      .lookup(made.key)
      .candidates.slice(asked.get(made.key))
      .filter(({ receipt }) => !known.has(receipt.sha256))
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
