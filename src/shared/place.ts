import type { Place } from './errors.ts'

/** Line and column, both 1-based, of an offset into a text. */
export function placeAt(file: string, text: string, offset: number): Place {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  const column = offset - (before.lastIndexOf('\n') + 1) + 1
  return { file, line, column, frame: codeFrame(text, line, column) }
}

/** The line with two before and one after it, numbered, and a caret below the column. */
export function codeFrame(text: string, line: number, column: number): string {
  const lines = text.split(/\r?\n/)
  const first = Math.max(1, line - 2)
  const last = Math.min(lines.length, line + 1)
  const width = String(last).length
  const shown: string[] = []
  for (let number = first; number <= last; number++) {
    const content = clip(lines[number - 1] ?? '')
    shown.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${content}`)
    if (number === line) shown.push(`  ${' '.repeat(width)} | ${caret(content, column)}`)
  }
  return shown.join('\n')
}

/** Tabs stay tabs, so that the caret stands below its column in every terminal. */
function caret(line: string, column: number): string {
  return `${line.slice(0, column - 1).replaceAll(/[^\t]/g, ' ')}^`
}

/** Very long lines and control characters would wreck a terminal. */
function clip(line: string): string {
  const visible = line.replaceAll(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    '�',
  )
  return visible.length > 160 ? `${visible.slice(0, 159)}…` : visible
}
