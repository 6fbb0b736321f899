import { glyphRows, toGlyphs } from './glyphs.ts'

/** Between two letters, in dots of the font, from the middle of one stroke to that of the next. */
const LETTER_GAP = 2.2

/** In dots. */
const BLANK = 2.6

/** The height of capitals, in dots, from the middle of the upper stroke to that of the lower one. */
export const STROKE_CAPITALS = 6

/** What a stroke adds around its middle line, in dots: for the attribute `stroke-width`. */
export const STROKE_WIDTH = 1.15

/**
 * Draws text as the path of a stroke with round caps: the dots of the bitmap font, joined by lines, in letters as wide as
 * they are. It looks equal on every machine, needs no font, and stays smooth at any size.
 *
 * @param options.x middle of the leftmost stroke, in pixels.
 * @param options.y middle of the uppermost stroke of a capital, in pixels.
 * @param options.dot size of one dot of the font, in pixels.
 */
export function strokePath(
  text: string,
  { x, y, dot }: { readonly x: number; readonly y: number; readonly dot: number },
): string {
  const path: string[] = []
  let left = x
  for (const character of toGlyphs(text)) {
    for (const [column, row, right, down] of linesOf(character)) {
      const from = `${round(left + column * dot)} ${round(y + row * dot)}`
      const isAlone = right === 0 && down === 0
      path.push(`M${from}l${isAlone ? 0.01 : round(right * dot)} ${round(down * dot)}`)
    }
    left += (widthOf(character) + LETTER_GAP) * dot
  }
  return path.join('')
}

/** The width of a text, in dots, from the middle of its first stroke to that of its last. */
export function strokesWide(text: string): number {
  let width = 0
  for (const character of toGlyphs(text)) width += widthOf(character) + LETTER_GAP
  return Math.max(0, width - LETTER_GAP)
}

/**
 * Breaks text into lines of at most a width, in dots, between words where possible. What does not fit into `maxLines` is
 * cut, and the last line then ends in `...`.
 */
export function wrapStrokes(text: string, width: number, maxLines: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of toGlyphs(text).match(/\S+/g) ?? []) {
    const longer = line === '' ? word : `${line} ${word}`
    line = longer
    if (strokesWide(longer) <= width) continue
    if (longer !== word) lines.push(longer.slice(0, -word.length - 1))
    line = word
    // The rest of a long word is not needed once it is known that it does not fit.
    while (strokesWide(line) > width && line.length > 1 && lines.length <= maxLines) {
      const fitting = fittingStart(line, width)
      lines.push(fitting)
      line = line.slice(fitting.length)
    }
    if (lines.length > maxLines) break
  }
  if (line !== '') lines.push(line)
  if (lines.length <= maxLines) return lines
  const kept = lines.slice(0, maxLines)
  const last = kept.pop() ?? ''
  return [...kept, `${fittingStart(last, width - strokesWide('...') - LETTER_GAP).trimEnd()}...`]
}

/** The longest start of a text that fits, of at least one letter. */
function fittingStart(text: string, width: number): string {
  let length = 0
  let used = 0
  for (const character of text) {
    used += widthOf(character)
    if (used > width) break
    used += LETTER_GAP
    length += character.length
  }
  return text.slice(0, Math.max(1, length))
}

/** Column and row of a line's start, and how far it goes to the right and down, in dots. */
type Line = readonly [column: number, row: number, right: number, down: number]

interface Dot {
  readonly column: number
  readonly row: number
}

/** The dots of a letter, from its leftmost one. */
function dotsOf(character: string): readonly Dot[] {
  const dots = glyphRows(character).flatMap((text, row) =>
    [...text].flatMap((mark, column) => (mark === '#' ? [{ column, row }] : [])),
  )
  const first = Math.min(...dots.map(({ column }) => column))
  return dots.map(({ column, row }) => ({ column: column - first, row }))
}

/** In dots, from the leftmost to the rightmost one. */
function widthOf(character: string): number {
  const dots = dotsOf(character)
  return dots.length === 0 ? BLANK : Math.max(...dots.map(({ column }) => column))
}

function linesOf(character: string): readonly Line[] {
  const dots = dotsOf(character)
  const taken = new Set(dots.map(({ column, row }) => `${column} ${row}`))
  const isDot = (column: number, row: number): boolean => taken.has(`${column} ${row}`)
  const lines = dots.flatMap(({ column, row }): Line[] => {
    const toRight = isDot(column + 1, row)
    const below = isDot(column, row + 1)
    const found: Line[] = []
    if (toRight) found.push([column, row, 1, 0])
    if (below) found.push([column, row, 0, 1])
    // Diagonals join only dots that no straight line joins.
    if (!toRight && !below && isDot(column + 1, row + 1)) found.push([column, row, 1, 1])
    const toLeft = isDot(column - 1, row)
    if (!toLeft && !below && isDot(column - 1, row + 1)) found.push([column, row, -1, 1])
    return found
  })
  const joined = new Set(
    lines.flatMap(([column, row, right, down]) => [
      `${column} ${row}`,
      `${column + right} ${row + down}`,
    ]),
  )
  const alone = dots.filter(({ column, row }) => !joined.has(`${column} ${row}`))
  // A line without length is a dot: its caps are drawn.
  return [...lines, ...alone.map(({ column, row }): Line => [column, row, 0, 0])]
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
