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
