import type { Tile } from '../../protocol.ts'
import type { WallChoice, WallSort } from '../address.ts'

/** The images of one manifest that are shown. */
export interface Group {
  readonly manifest: string
  readonly tiles: readonly Tile[]
}

/** The images that the choice leaves, grouped by manifest and in its order. */
export function arrange(tiles: Iterable<Tile>, choice: WallChoice): readonly Group[] {
  const groups = new Map<string, Tile[]>()
  for (const tile of tiles) {
    if (!isChosen(tile, choice)) continue
    const group = groups.get(tile.manifest)
    if (group === undefined) groups.set(tile.manifest, [tile])
    else group.push(tile)
  }
  const rank = RANKS[choice.sort]
  const byRank: Order = (one, other) => rank(one, other) || one.index - other.index
  return [...groups]
    .map(([manifest, members]) => ({ manifest, tiles: members.toSorted(byRank) }))
    .toSorted(
      (one, other) =>
        (moves(choice.sort) ? rankOfFirst(rank, one, other) : 0) || byName(one, other),
    )
}

/** Every word of the text is somewhere in id, prompt or alt. */
export function isChosen(
  { id, prompt, alt, state, model }: Tile,
  { text, state: chosenState, model: chosenModel }: Pick<WallChoice, 'text' | 'state' | 'model'>,
): boolean {
  if (chosenState !== null && state !== chosenState) return false
  if (chosenModel !== null && model !== chosenModel) return false
  if (text.trim() === '') return true
  const words = text.toLowerCase().trim().split(/\s+/)
  const said = `${id}\n${prompt ?? ''}\n${alt ?? ''}`.toLowerCase()
  return words.every((word) => said.includes(word))
}

type Order = (one: Tile, other: Tile) => number

const RANKS: Readonly<Record<WallSort, Order>> = {
  written: () => 0,
  name: (one, other) => compare(one.name, other.name),
  // Newest and largest first; what has no time or size comes last.
  time: (one, other) => compare(other.time ?? '', one.time ?? ''),
  size: (one, other) => areaOf(other) - areaOf(one),
}

/** Whether the images decide where their manifest stands. */
function moves(sort: WallSort): boolean {
  return sort === 'time' || sort === 'size'
}

function rankOfFirst(rank: Order, one: Group, other: Group): number {
  const [first, second] = [one.tiles[0], other.tiles[0]]
  return first === undefined || second === undefined ? 0 : rank(first, second)
}

function areaOf({ width, height }: Tile): number {
  return (width ?? 0) * (height ?? 0)
}

function byName(one: Group, other: Group): number {
  return compare(one.manifest, other.manifest)
}

/** By code units: `localeCompare` takes a second for 30,000 names. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
