/** Characters that mean something in YAML. Each of them may begin a value, which costs far more than a letter. */
const MARKS = '\n,:-?[]{}&*!|>"\'\\#%'

/**
 * A manifest of 1 MiB that people or programs write has some 60,000; parsing so many as this takes most of a second and
 * some hundred megabytes, and a file of nothing else would take ten times as much.
 */
export const MAX_MARKS = 102_000

/** Where a text has more marks than a manifest may have. Found before the parser sees it. */
export function tooManyMarksAt(text: string): { line: number; column: number } | undefined {
  const isMark = new Uint8Array(128)
  for (let index = 0; index < MARKS.length; index++) isMark[MARKS.charCodeAt(index)] = 1
  let marks = 0
  for (let index = 0; index < text.length; index++) {
    marks += isMark[text.charCodeAt(index)] ?? 0
    if (marks > MAX_MARKS) {
      const before = text.slice(0, index)
      return { line: before.split('\n').length, column: index - before.lastIndexOf('\n') }
    }
  }
  return undefined
}
