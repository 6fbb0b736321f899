/**
 * Characters that must never reach a terminal, a log or an overlay: control characters (an escape sequence moves the
 * cursor, sets the title, clears the screen), marks that change the direction of text, and separators that some
 * programs treat as line breaks.
 */
const UNSAFE = '\\p{Cc}\\p{Bidi_C}\\p{Zl}\\p{Zp}'

const UNSAFE_ANYWHERE = new RegExp(`[${UNSAFE}]`, 'gu')
const UNSAFE_RUN = new RegExp(`\\s*[${UNSAFE}]+\\s*`, 'gu')
const UNSAFE_IN_LINES = new RegExp(`(?![\\n\\t])[${UNSAFE}]`, 'gu')
const UNSAFE_IN_A_LINE = new RegExp(`(?!\\t)[${UNSAFE}]`, 'gu')
const UNSAFE_IN_JSON = new RegExp(`(?!\\n)[${UNSAFE}]`, 'gu')
const INVISIBLE = new RegExp(`[${UNSAFE}\\u200b-\\u200d\\u2060-\\u2065\\ufeff]`, 'gu')

/** GitHub runs a command at the start of a line, after any blanks. */
const COMMAND_AT_LINE_START = /^([^\S\n]*):(?=:)/gm

/** The commands of Azure Pipelines, TeamCity and GitHub's older form, which count anywhere in a line. */
const COMMAND_IN_LINE = /#(?=#\w*\[)/g

/** Makes text from other sources fit for one line of a message: no unsafe characters, at most `limit` characters. */
export function plainText(text: string, limit = 300): string {
  const line = text
    .slice(0, limit * 4)
    .replaceAll(UNSAFE_RUN, ' ')
    .trim()
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line
}

/** A name to store, without unsafe characters. */
export function withoutUnsafe(name: string): string {
  return name.replaceAll(UNSAFE_ANYWHERE, '')
}

/** A path or an id inside a line: line breaks and other unsafe characters become escapes. */
export function inOneLine(name: string): string {
  return name.replaceAll(UNSAFE_ANYWHERE, escaped)
}

/** A name that a user may have mistyped: invisible characters become escapes too. */
export function visible(text: string): string {
  return text.replaceAll(INVISIBLE, escaped)
}

/** A line of a file for a code frame. Every column stays where it is, and tabs stay tabs. */
export function frameLine(line: string): string {
  return line.replaceAll(UNSAFE_IN_A_LINE, '�')
}

/** A sentence inside another one: without its full stop. */
export function clause(text: string): string {
  return text.replace(/(?<!\.)\.\s*$/, '')
}

/**
 * Replaces each run of blanks that holds a given character by one blank. `\s*\n\s*` would do the same, but searches
 * every run once from each of its blanks: a text with 100,000 of them would take a quarter of a minute.
 */
export function blankAround(text: string, character: RegExp): string {
  return text.replaceAll(/\s+/g, (blanks) => (character.test(blanks) ? ' ' : blanks))
}

/** Text from other sources inside a line: line breaks become blanks, other unsafe characters become escapes. */
export function sentence(text: string): string {
  return blankAround(text, /[\n\r\u2028\u2029]/)
    .replaceAll(UNSAFE_IN_A_LINE, escaped)
    .replaceAll(COMMAND_IN_LINE, '# ')
}

/**
 * Makes text safe to print, with its line breaks and tabs: unsafe characters become escapes, and no line is a workflow
 * command (`::error`, `##[error]`, `##vso[…]`) for the CI that reads the log.
 */
export function printable(text: string): string {
  return text
    .replaceAll(UNSAFE_IN_LINES, escaped)
    .replaceAll(COMMAND_AT_LINE_START, '$1: ')
    .replaceAll(COMMAND_IN_LINE, '# ')
}

/** Makes JSON safe to print: the same value, with unsafe characters as JSON escapes. */
export function printableJson(json: string): string {
  return json.replaceAll(UNSAFE_IN_JSON, escaped).replaceAll(COMMAND_IN_LINE, () => escaped('#'))
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A number with its noun: `1 picture`, `2 pictures`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
