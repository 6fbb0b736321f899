/**
 * Characters that must never reach a terminal, a log or an overlay as they are: control characters (an escape sequence
 * moves the cursor, sets the title, clears the screen), marks that change the direction of text, and the separators that
 * some programs take for line breaks.
 */
const UNSAFE = '\\p{Cc}\\p{Bidi_C}\\p{Zl}\\p{Zp}'

const UNSAFE_ANYWHERE = new RegExp(`[${UNSAFE}]`, 'gu')
const UNSAFE_RUN = new RegExp(`\\s*[${UNSAFE}]+\\s*`, 'gu')
const UNSAFE_IN_LINES = new RegExp(`(?![\\n\\t])[${UNSAFE}]`, 'gu')
const UNSAFE_IN_A_LINE = new RegExp(`(?!\\t)[${UNSAFE}]`, 'gu')
const UNSAFE_IN_JSON = new RegExp(`(?!\\n)[${UNSAFE}]`, 'gu')
const INVISIBLE = new RegExp(`[${UNSAFE}\\u200b-\\u200d\\u2060-\\u2065\\ufeff]`, 'gu')

/** GitHub takes a command where a line begins with it, whatever blanks are before it. */
const COMMAND_AT_LINE_START = /^([^\S\n]*):(?=:)/gm

/** The form of Azure Pipelines, TeamCity and GitHub's older one: they are found anywhere in a line. */
const COMMAND_IN_LINE = /#(?=#\w*\[)/g

/** Text that somebody else wrote, fit for one line of a message: no unsafe characters, at most `limit` characters. */
export function plainText(text: string, limit = 300): string {
  const line = text
    .slice(0, limit * 4)
    .replaceAll(UNSAFE_RUN, ' ')
    .trim()
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line
}

/** A name that is kept, without unsafe characters. */
export function withoutUnsafe(name: string): string {
  return name.replaceAll(UNSAFE_ANYWHERE, '')
}

/** A path or an id inside a line: line breaks and other unsafe characters become their escapes. */
export function inOneLine(name: string): string {
  return name.replaceAll(UNSAFE_ANYWHERE, escaped)
}

/** A name that somebody may have mistyped: also what is safe and cannot be seen becomes its escape. */
export function visible(text: string): string {
  return text.replaceAll(INVISIBLE, escaped)
}

/** A line of a file for a code frame. Every column stays where it is, and tabs stay tabs. */
export function frameLine(line: string): string {
  return line.replaceAll(UNSAFE_IN_A_LINE, '�')
}

/** A sentence as a part of another one: without its full stop. */
export function clause(text: string): string {
  return text.replace(/(?<!\.)\.\s*$/, '')
}

/** Words of others inside a line: line breaks become blanks, other unsafe characters become their escapes. */
export function sentence(text: string): string {
  return text
    .replaceAll(/\s*[\n\r\u2028\u2029]\s*/g, ' ')
    .replaceAll(UNSAFE_IN_A_LINE, escaped)
    .replaceAll(COMMAND_IN_LINE, '# ')
}

/**
 * Text as it may be printed, line breaks and tabs included: unsafe characters become their escapes, and no line is a
 * workflow command (`::error`, `##[error]`, `##vso[…]`) to the CI that reads the log.
 */
export function printable(text: string): string {
  return text
    .replaceAll(UNSAFE_IN_LINES, escaped)
    .replaceAll(COMMAND_AT_LINE_START, '$1: ')
    .replaceAll(COMMAND_IN_LINE, '# ')
}

/** JSON as it may be printed: the same value, in which JSON's own escapes stand for what is unsafe. */
export function printableJson(json: string): string {
  return json.replaceAll(UNSAFE_IN_JSON, escaped).replaceAll(COMMAND_IN_LINE, () => escaped('#'))
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
