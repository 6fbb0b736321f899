import type { Tile } from '../../protocol.ts'
import type { Group } from './arrange.ts'

/** What has a place on a wall. */
interface Shaped {
  readonly id: string
  /** In pixels; `null`: unknown. */
  readonly width: number | null
  readonly height: number | null
}

interface ShapedGroup {
  readonly tiles: readonly Shaped[]
}

type TileOf<Shown extends ShapedGroup> = Shown['tiles'][number]

/** A strip of the wall, at its place in pixels from the top. */
export type Row<Shown extends ShapedGroup = Group> =
  | {
      readonly kind: 'heading'
      readonly top: number
      readonly height: number
      readonly group: Shown
    }
  | {
      readonly kind: 'tiles'
      readonly top: number
      readonly height: number
      /** Of the pictures in it, without what is written below them. */
      readonly pictureHeight: number
      readonly cells: ReadonlyArray<Cell<TileOf<Shown>>>
    }

export interface Cell<Shown extends Shaped = Tile> {
  readonly tile: Shown
  readonly left: number
  readonly width: number
}

/** Measures of the wall, in pixels. */
export interface Measures {
  readonly width: number
  /** How high pictures are, where a row is not filled. */
  readonly pictureHeight: number
  readonly gap: number
  /** Of what is written below a picture. */
  readonly caption: number
  readonly heading: number
  /** Between the groups. */
  readonly groupGap: number
}

/** Pictures of other shapes are shown within these, so that every one can be seen and hit. */
const NARROWEST = 9 / 16
const WIDEST = 21 / 9

/** How much lower and higher than usual a row may become in order to fill its width. */
const LOWEST = 0.72
const HIGHEST = 1.3

/**
 * Pictures keep their shape: a row is filled from the left and then made as high as fits its width, and the last row of a
 * group stays as high as it is.
 */
export function rowsOf<Shown extends ShapedGroup>(
  groups: readonly Shown[],
  measures: Measures,
): ReadonlyArray<Row<Shown>> {
  const rows: Array<Row<Shown>> = []
  let top = 0
  for (const group of groups) {
    rows.push({ kind: 'heading', top, height: measures.heading, group })
    top += measures.heading
    for (const line of linesOf<TileOf<Shown>>(group.tiles, measures)) {
      const row = rowOf<Shown>(line, top, measures)
      rows.push(row)
      top += row.height + measures.gap
    }
    top += measures.groupGap
  }
  return rows
}

interface Line<Shown extends Shaped> {
  readonly tiles: readonly Shown[]
  /** The sum of width by height. */
  readonly shapes: number
  readonly isFull: boolean
}

function linesOf<Shown extends Shaped>(
  tiles: readonly Shown[],
  measures: Measures,
): ReadonlyArray<Line<Shown>> {
  const lines: Array<Line<Shown>> = []
  let line: Shown[] = []
  let shapes = 0
  for (const tile of tiles) {
    const together = shapes + shapeOf(tile)
    const height = roomFor(line.length + 1, measures) / together
    if (height < measures.pictureHeight * LOWEST && line.length > 0) {
      lines.push({ tiles: line, shapes, isFull: true })
      line = []
      shapes = 0
    }
    line.push(tile)
    shapes += shapeOf(tile)
    if (roomFor(line.length, measures) / shapes > measures.pictureHeight) continue
    lines.push({ tiles: line, shapes, isFull: true })
    line = []
    shapes = 0
  }
  if (line.length > 0) lines.push({ tiles: line, shapes, isFull: false })
  return lines
}

/** What so many pictures have of the width, together. */
function roomFor(count: number, { width, gap }: Measures): number {
  return width - gap * (count - 1)
}

function rowOf<Shown extends ShapedGroup>(
  { tiles, shapes, isFull }: Line<TileOf<Shown>>,
  top: number,
  measures: Measures,
): Row<Shown> {
  const { gap, caption } = measures
  const filling = Math.floor(roomFor(tiles.length, measures) / shapes)
  const pictureHeight = isFull
    ? Math.min(measures.pictureHeight * HIGHEST, filling)
    : Math.min(measures.pictureHeight, filling)
  let left = 0
  const cells = tiles.map((tile) => {
    const cell = { tile, left, width: Math.floor(shapeOf(tile) * pictureHeight) }
    left += cell.width + gap
    return cell
  })
  return { kind: 'tiles', top, height: pictureHeight + caption, pictureHeight, cells }
}

/** Width by height. */
function shapeOf({ width, height }: Shaped): number {
  if (width === null || height === null || width <= 0 || height <= 0) return 1
  return Math.min(WIDEST, Math.max(NARROWEST, width / height))
}

type RowPlace = Pick<Row, 'top' | 'height'>

/** How high everything is together. */
export function heightOf(rows: readonly RowPlace[]): number {
  const last = rows.at(-1)
  return last === undefined ? 0 : last.top + last.height
}

/** The rows that a window on them shows, as the first and the one after the last. */
export function rowsWithin(
  rows: readonly RowPlace[],
  from: number,
  to: number,
): readonly [first: number, end: number] {
  const first = firstWhere(rows.length, (index) => endOf(rows[index]) > from)
  const end = firstWhere(rows.length, (index) => (rows[index]?.top ?? 0) >= to)
  return [first, Math.max(first, end)]
}

function endOf(row: RowPlace | undefined): number {
  return row === undefined ? 0 : row.top + row.height
}

/** The first index from which on something is true, found by halving. */
function firstWhere(length: number, isTrue: (index: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isTrue(middle)) high = middle
    else low = middle + 1
  }
  return low
}

export type Step = 'left' | 'right' | 'up' | 'down' | 'first' | 'last'

type Place = Pick<Cell, 'left' | 'width'>

/** Where an arrow leads from an image: sideways in reading order, up and down to the nearest. */
export function stepFrom<Shown extends ShapedGroup>(
  rows: ReadonlyArray<Row<Shown>>,
  id: string | null,
  step: Step,
): TileOf<Shown> | undefined {
  const lines = rows.flatMap((row) => (row.kind === 'tiles' ? [row.cells] : []))
  const all = lines.flat()
  if (step === 'first') return all[0]?.tile
  if (step === 'last') return all.at(-1)?.tile
  const at = all.findIndex(({ tile }) => tile.id === id)
  const cell = all[at]
  if (cell === undefined) return all[0]?.tile
  if (step === 'left' || step === 'right') return all[at + (step === 'left' ? -1 : 1)]?.tile
  const line = lines.findIndex((cells) => cells.includes(cell))
  const other = lines[line + (step === 'up' ? -1 : 1)]
  return other?.reduce((nearest, next) =>
    distance(next, cell) < distance(nearest, cell) ? next : nearest,
  ).tile
}

function distance(one: Place, other: Place): number {
  return Math.abs(one.left + one.width / 2 - other.left - other.width / 2)
}
