import { createHash } from 'node:crypto'

/** A stream of numbers that is the same for the same text. */
export interface Random {
  /** At least 0 and below 1. */
  next(): number
  between(low: number, high: number): number
  /** Both limits included. */
  integer(low: number, high: number): number
  pick<Item>(items: readonly [Item, ...Item[]]): Item
}

/** Creates numbers from a text (Marsaglia's xorshift over the text's digest). */
export function createRandom(text: string): Random {
  const digest = createHash('sha256').update(text).digest()
  // The generator would return only 0 from the state 0.
  let state = digest.readUInt32LE(0) | 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  const between = (low: number, high: number): number => low + (high - low) * next()
  return {
    next,
    between,
    integer: (low, high) => Math.floor(between(low, high + 1)),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
  }
}
