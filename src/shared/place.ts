import type { Place } from './errors.ts'
import { frameLine } from './plain-text.ts'

/** Line and column, both 1-based, of an offset into a text. */
export function placeAt(file: string, text: string, offset: number): Place {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  const column = offset - (before.lastIndexOf('\n') + 1) + 1
  return { file, line, column, frame: codeFrame(text, line, column) }
}

/** The line with two before and one after it, numbered, and a caret below the column. */
export function codeFrame(text: string, line: number, column: number): string {
  const first = Math.max(1, line - 2)
  const lines = linesFrom(text, first, line + 1)
  const width = String(first + lines.length - 1).length
  const shown: string[] = []
  for (const [index, written] of lines.entries()) {
    const number = first + index
    const content = clip(written)
    shown.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${content}`)
    if (number === line) shown.push(`  ${' '.repeat(width)} | ${caret(content, column)}`)
  }
  return shown.join('\n')
}

/** Some lines of a text, without splitting all of it: a report of many problems needs many frames. */
function linesFrom(text: string, first: number, last: number): string[] {
  let start = 0
  const lines: string[] = []
  for (let number = 1; number <= last && start <= text.length; number++) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    // Only the start of a very long line is shown.
    if (number >= first) lines.push(text.slice(start, Math.min(end, start + LONGEST_LINE)))
    start = end + 1
  }
  return lines.map((line) => line.replace(/\r$/, ''))
}

/** Tabs stay tabs, so that the caret is below its column in every terminal. */
function caret(line: string, column: number): string {
  return `${line.slice(0, column - 1).replaceAll(/[^\t]/g, ' ')}^`
}

/** The most characters of a line that are examined. */
const LONGEST_LINE = 1000

/** Very long lines and control characters would spoil a terminal; passwords in URLs would reach the logs of a CI. */
function clip(line: string): string {
  const shown = frameLine(withoutPasswords(line))
  return shown.length > 160 ? `${shown.slice(0, 159)}…` : shown
}

/** The same length as before, so that columns do not move. */
function withoutPasswords(line: string): string {
  return line.replaceAll(/(:\/\/)([^\s/@"'?#]+)@/g, (_, start: string, user: string) => {
    return `${start}${'*'.repeat(user.length)}@`
  })
}
