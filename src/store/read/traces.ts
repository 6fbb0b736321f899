import path from 'node:path'
import { readReceipt } from './bundle.ts'
import { parseFileName, shortKeyOf } from '../file-name.ts'
import type { StoreFolder } from '../folder.ts'
import type { AnyReceipt } from '../receipt.ts'
import { storeProblem, type StoreProblem } from '../store-problem.ts'

/** Signs that a key was paid for although the store has no candidate of it. */
export interface Traces {
  /** Whether there are signs for any key. */
  exist(): boolean
  of(key: string): readonly StoreProblem[]
  /** The problems of all receipts that were renamed. */
  misnamed(): readonly StoreProblem[]
}

/** @param names the names in the store's folder. Files are read on first use. */
export function tracesIn(folder: StoreFolder, names: readonly string[]): Traces {
  let knownStrays: readonly Stray[] | undefined
  let knownTrash: ReadonlyMap<string, StoreProblem> | undefined
  const strays = (): readonly Stray[] => (knownStrays ??= readStrays(folder, names))
  const trashed = (): ReadonlyMap<string, StoreProblem> => (knownTrash ??= listTrash(folder))
  return {
    exist: () => strays().length > 0 || trashed().size > 0,

    of(key) {
      const problems = strays()
        .filter(({ receipt }) => receipt.key === key)
        .map(({ problem }) => problem)
      const pruned = trashed().get(shortKeyOf(key))
      return pruned === undefined ? problems : [...problems, pruned]
    },

    misnamed: () => strays().map(({ problem }) => problem),
  }
}

/** A receipt that was renamed. */
interface Stray {
  readonly receipt: AnyReceipt
  readonly problem: StoreProblem
}

function readStrays(folder: StoreFolder, names: readonly string[]): readonly Stray[] {
  return names
    .filter((name) => name.endsWith('.json') && parseFileName(name) === undefined)
    .flatMap((name) => {
      const file = path.join(folder.root, name)
      const reading = readReceipt(file)
      if ('fault' in reading) return []
      const problem = storeProblem('receipt-misnamed', folder.show(file))
      return [{ receipt: 'receipt' in reading ? reading.receipt : reading.marker, problem }]
    })
}

function listTrash(folder: StoreFolder): ReadonlyMap<string, StoreProblem> {
  const found = new Map<string, StoreProblem>()
  for (const name of folder.names('trash')) {
    const parts = parseFileName(name)
    if (parts?.extension !== 'json') continue
    const file = folder.show(path.join(folder.trash, name))
    found.set(parts.shortKey, storeProblem('trashed', file))
  }
  return found
}
