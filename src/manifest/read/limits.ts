import { loadYaml } from '../yaml.ts'

/** Deeper nesting means nothing in a manifest; some thousand levels exhaust the YAML parser's memory. */
export const MAX_DEPTH = 64

/**
 * Where flow brackets, compact sequences or indentation go deeper than `MAX_DEPTH`, found before the recursive parser
 * sees the text: a file of brackets would end the process inside it, past any `catch`.
 */
export function tooDeepAt(text: string): { line: number; column: number } | undefined {
  const indented = deepIndentation(text)
  if (indented !== undefined) return indented
  return hasManyBrackets(text) ? deepFlow(text) : undefined
}

/** Counts brackets wherever they stand, quotes and prose included: only a file with many needs the exact answer. */
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

/** Characters that mean something in YAML. Each of them may begin a value, which costs far more than a letter. */
const MARKS = '\n,:-?[]{}&*!|>"\'\\#%'

/**
 * A manifest of 1 MiB that people or programs write has some 60,000; parsing so many as this takes half a second and
 * some hundred megabytes, and a file of nothing else would take ten times as much.
 */
export const MAX_MARKS = 120_000

/** Most of these do begin a value: in a list of nothing but numbers each costs what several other marks do. */
const SEPARATORS = '\n,'

export const MAX_SEPARATORS = 75_000

/** What a text has too many of. */
export interface Flood {
  readonly of: 'separators' | 'marks'
  /** Where the first that is too many stands, counted from 1. */
  readonly line: number
  readonly column: number
}

/** Where a text has more marks than a manifest may have. Found before the parser sees it. */
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
