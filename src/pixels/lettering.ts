import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphRows, toGlyphs } from './glyphs.ts'

const ADVANCE = GLYPH_WIDTH + 1
const LINE_HEIGHT = GLYPH_HEIGHT + 2

/**
 * Draws text as an SVG path with a bitmap font, so that a machine without fonts draws the same bytes as any other. A
 * line break starts a new line.
 *
 * Printable ASCII has glyphs. Accents are dropped, and a character without a plainer form becomes a box.
 *
 * @param options.x left edge, in pixels.
 * @param options.y top edge of the first line, in pixels.
 * @param options.pixel size of one dot of the font; whole numbers stay crisp.
 */
export function letteringPath(
  text: string,
  options: { readonly x: number; readonly y: number; readonly pixel: number },
): string {
  const { x, y, pixel } = options
  const path: string[] = []
  for (const [line, content] of linesOf(text).entries()) {
    for (const [column, character] of [...content].entries()) {
      for (const bar of barsOf(character)) {
        const left = x + (column * ADVANCE + bar.left) * pixel
        const top = y + (line * LINE_HEIGHT + bar.top) * pixel
        path.push(
          `M${left} ${top}h${bar.width * pixel}v${bar.height * pixel}h${-bar.width * pixel}z`,
        )
      }
    }
  }
  return path.join('')
}

/** The space that `letteringPath` needs for the text, in pixels. */
export function measureLettering(text: string, pixel: number): { width: number; height: number } {
  const lines = linesOf(text)
  const columns = Math.max(...lines.map((line) => line.length))
  return {
    width: Math.max(0, columns * ADVANCE - 1) * pixel,
    height: ((lines.length - 1) * LINE_HEIGHT + GLYPH_HEIGHT) * pixel,
  }
}

/** How many characters fit into a width, in pixels. */
export function letteringColumns(width: number, pixel: number): number {
  return Math.max(1, Math.floor((width / pixel + 1) / ADVANCE))
}

/**
 * Breaks text into lines of at most `columns` characters, between words where possible. Text that does not fit into
 * `maxLines` is cut, and the last line then ends in `...`. Both are at least 1.
 */
export function wrapLettering(text: string, columns: number, maxLines: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of toGlyphs(text).match(/\S+/g) ?? []) {
    if (line !== '' && line.length + 1 + word.length <= columns) {
      line += ` ${word}`
      continue
    }
    if (line !== '') lines.push(line)
    line = word
    while (line.length > columns) {
      lines.push(line.slice(0, columns))
      line = line.slice(columns)
    }
  }
  if (line !== '') lines.push(line)
  if (lines.length <= maxLines) return lines
  const last = (lines[maxLines - 1] ?? '').slice(0, Math.max(0, columns - 3)).trimEnd()
  return [...lines.slice(0, maxLines - 1), `${last}...`.slice(0, columns)]
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).map(toGlyphs)
}

interface Bar {
  readonly left: number
  readonly top: number
  readonly width: number
  height: number
}

/**
 * Converts a glyph to a few rectangles: runs of dots, merged with an equal run above so that no seam shows between
 * rows.
 */
function barsOf(character: string): Bar[] {
  const bars: Bar[] = []
  for (const [top, row] of glyphRows(character).entries()) {
    for (const run of row.matchAll(/#+/g)) {
      const width = run[0].length
      const above = bars.find(
        (bar) => bar.left === run.index && bar.width === width && bar.top + bar.height === top,
      )
      if (above === undefined) bars.push({ left: run.index, top, width, height: 1 })
      else above.height += 1
    }
  }
  return bars
}
