const COLOUR_CODE = /\u001b\[\d+m/g
const NO_WIDTH = /[\p{M}\u200b-\u200d]/gu
const TWO_COLUMNS =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff01-\uff60\p{Emoji_Presentation}]/gu

/** The blanks at which a line may be broken: a price keeps its currency. */
const BREAKS = /(?<=\S) +(?!USD\b)(?=\S)/g

/** The places at which a word that is longer than a line may be broken: never between two digits, or letters. */
const SEAMS = /(?<=[/\\#@~_,;:)\]-])(?=[^\s\d])|(?<=[/\\#])(?=\d)/u

/** How many columns a text takes in a terminal. */
export function columnsOf(text: string): number {
  const plain = text.replaceAll(COLOUR_CODE, '').replaceAll(NO_WIDTH, '')
  return [...plain].length + [...plain.matchAll(TWO_COLUMNS)].length
}

/** The text with blanks behind it, so that it takes a number of columns. */
export function padColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}

/**
 * Breaks every line that is wider than `columns` between words, so that the terminal does not break it within a number.
 * What follows is indented as far as the last column of the line, such as the explanations of a list.
 *
 * @param columns `Infinity` where the output is not a terminal.
 */
export function wrap(text: string, columns: number): string {
  if (columns === Infinity) return text
  return text
    .split('\n')
    .map((line) => (columnsOf(line) > columns ? wrapLine(line, columns) : line))
    .join('\n')
}

/** One line that fits a terminal: cut between words, with an ellipsis. */
export function fit(line: string, columns: number): string {
  if (columnsOf(line) <= columns) return line
  let shown = ''
  for (const piece of piecesOf(line, columns - 1)) {
    if (columnsOf(shown + piece) >= columns) break
    shown += piece
  }
  return `${shown}…`
}

function wrapLine(line: string, columns: number): string {
  const indent = ' '.repeat(indentOf(line, columns))
  const [first = '', ...rest] = piecesOf(line, columns - indent.length)
  const lines: string[] = []
  let current = first
  for (const piece of rest) {
    if (columnsOf(current + piece) <= columns) {
      current += piece
    } else {
      lines.push(current)
      current = indent + piece.trimStart()
    }
  }
  return [...lines, current].join('\n')
}

/** Words with the blanks before them. A word that fits in no line is cut at its seams. */
function piecesOf(line: string, columns: number): string[] {
  const pieces: string[] = []
  let end = 0
  for (const { index } of line.matchAll(BREAKS)) {
    pieces.push(line.slice(end, index))
    end = index
  }
  pieces.push(line.slice(end))
  return pieces.flatMap((piece) => (columnsOf(piece) > columns ? piece.split(SEAMS) : [piece]))
}

/** Where the next lines begin: below the last column that leaves at least half of the width, else two further in. */
function indentOf(line: string, columns: number): number {
  const starts = [...line.matchAll(/\S {2,}(?=\S)/g)]
    .map(({ index, 0: gap }) => columnsOf(line.slice(0, index + gap.length)))
    .filter((start) => start <= columns / 2)
  const first = /^ */.exec(line)?.[0].length ?? 0
  return starts.at(-1) ?? Math.min(first + 2, Math.floor(columns / 2))
}
