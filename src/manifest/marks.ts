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
