import { blankAround, inOneLine } from '../../shared/plain-text.ts'

/** The most characters of one text. */
const LONGEST = 600

/**
 * Any text as Markdown that shows exactly its characters, also within a table. It is a code span, where nothing is markup
 * and where GitHub and GitLab look for no mentions, issues, commits, emoji or addresses. Line breaks become blanks, and
 * characters that show nothing or reorder others become escapes.
 */
export function literal(text: string): string {
  const line = inOneLine(blankAround(text, /[\n\r\u2028\u2029\t]/))
  const shown = line.length > LONGEST ? `${cut(line, LONGEST - 1)}…` : line
  if (shown.trim() === '') return '(empty)'
  // In a table a backslash escapes a pipe, but renderers disagree on two of them: one outside is an entity.
  return shown
    .split(/(\\(?=\|))/)
    .map((part) => (part === '\\' ? '&#92;' : codeSpan(part)))
    .join('')
}

function codeSpan(text: string): string {
  if (text === '') return ''
  const runs = [...text.matchAll(/`+/g)].map(([run]) => run.length)
  const fence = '`'.repeat(Math.max(0, ...runs) + 1)
  // One blank on each side is not shown.
  const pad = /^[` ]|[` ]$/.test(text) ? ' ' : ''
  return `${fence}${pad}${text.replaceAll('|', String.raw`\|`)}${pad}${fence}`
}

/** The beginning of a text, without half a character at its end. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}

/** A table of cells that are Markdown already. */
export interface Table {
  readonly head: readonly string[]
  /** The rows of each item, which stay together. */
  readonly items: ReadonlyArray<readonly (readonly string[])[]>
}

/**
 * A document whose table is cut off, between two items, where it would be longer than it may be.
 *
 * @param rest the last line of what is cut off.
 */
export function documentOf(
  before: readonly string[],
  { head, items }: Table,
  limit: number,
  rest: (more: number) => string,
): string {
  const start = [...before, '']
  if (items.length === 0) return `${start.join('\n').trimEnd()}\n`
  const rows = [rowOf(head), rowOf(head.map(() => '---'))]
  const room = limit - `\n\n${rest(items.length)}\n`.length
  let length = [...start, ...rows].join('\n').length
  let shown = 0
  for (const item of items) {
    const added = item.map(rowOf)
    length += added.reduce((sum, row) => sum + row.length + 1, 0)
    if (length > room) break
    rows.push(...added)
    shown += 1
  }
  const more = items.length - shown
  return [...start, ...rows, ...(more === 0 ? [] : ['', rest(more)]), ''].join('\n')
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
