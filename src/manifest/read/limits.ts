import { loadYaml } from '../yaml.ts'

/** The deepest nesting allowed. No manifest needs more, and a few thousand levels exhaust the YAML parser's memory. */
export const MAX_DEPTH = 64

/**
 * Finds where flow brackets, compact sequences or indentation exceed `MAX_DEPTH`. This runs before the recursive parser,
 * because a file full of brackets would crash the process there, and no `catch` could stop it.
 */
export function tooDeepAt(text: string): { line: number; column: number } | undefined {
  const indented = deepIndentation(text)
  if (indented !== undefined) return indented
  return hasManyBrackets(text) ? deepFlow(text) : undefined
}

/** Counts all brackets, even in quotes and prose. Only a file with many of them needs the slower exact check. */
function hasManyBrackets(text: string): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x5b || code === 0x7b) depth++
    else if ((code === 0x5d || code === 0x7d) && depth > 0) depth--
    if (depth > MAX_DEPTH) return true
  }
  return false
}

function deepFlow(text: string): { line: number; column: number } | undefined {
  let depth = 0
  let line = 1
  let column = 1
  const { Lexer } = loadYaml()
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth--
    if (depth > MAX_DEPTH) return { line, column }
    const lastBreak = token.lastIndexOf('\n')
    if (lastBreak < 0) column += token.length
    else {
      line += token.split('\n').length - 1
      column = token.length - lastBreak
    }
  }
  return undefined
}

function deepIndentation(text: string): { line: number; column: number } | undefined {
  const indents: number[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const indent = line.search(/[^ ]/)
    if (indent < 0) continue
    while ((indents.at(-1) ?? -1) >= indent) indents.pop()
    indents.push(indent)
    if (indents.length + compactLevels(line, indent) > MAX_DEPTH) {
      return { line: index + 1, column: indent + 1 }
    }
  }
  return undefined
}

/** `- - - x` opens three levels on one line. */
function compactLevels(line: string, start: number): number {
  let levels = 0
  for (let index = start; index < line.length; index += 2) {
    const character = line[index]
    const opens = character === '-' || character === '?' || character === ':'
    if (!opens || (line[index + 1] !== ' ' && line[index + 1] !== undefined)) break
    levels++
    while (line[index + 2] === ' ') index++
  }
  return levels
}

/** YAML's special characters. Each may begin a value, which costs the parser far more than a letter. */
const MARKS = '\n,:-?[]{}&*!|>"\'\\#%'

/**
 * The most special characters allowed. A realistic 1 MiB manifest has about 60,000. Parsing this many takes half a
 * second and about 100 MB; a 1 MiB file of nothing else would take ten times as much.
 */
export const MAX_MARKS = 120_000

/** The characters that usually begin a value: each costs as much as several other marks. */
const SEPARATORS = '\n,'

/** The most separators allowed. */
export const MAX_SEPARATORS = 75_000

/** The limit that a text exceeds. */
export interface Flood {
  readonly of: 'separators' | 'marks'
  /** The position of the first character over the limit, counted from 1. */
  readonly line: number
  readonly column: number
}

/** Finds where a text exceeds the limits on special characters. This runs before the parser. */
export function floodIn(text: string): Flood | undefined {
  const isMark = table(MARKS)
  const isSeparator = table(SEPARATORS)
  let marks = 0
  let separators = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    marks += isMark[code] ?? 0
    separators += isSeparator[code] ?? 0
    if (marks > MAX_MARKS || separators > MAX_SEPARATORS) {
      const before = text.slice(0, index)
      return {
        of: separators > MAX_SEPARATORS ? 'separators' : 'marks',
        line: before.split('\n').length,
        column: index - before.lastIndexOf('\n'),
      }
    }
  }
  return undefined
}

function table(characters: string): Uint8Array {
  const isOne = new Uint8Array(128)
  for (let index = 0; index < characters.length; index++) isOne[characters.charCodeAt(index)] = 1
  return isOne
}
