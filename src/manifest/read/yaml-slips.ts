import { visible } from '../../shared/plain-text.ts'
import { nearest } from '../../shared/suggest.ts'

/** A common YAML mistake: the message, and what to write instead. */
export interface Slip {
  readonly message: string
  readonly hint?: string
}

/** The offset of git's first conflict marker, if there is one. YAML would read some markers as text. */
export function mergeConflictAt(text: string): number | undefined {
  const start = /^<{7}(?: .*)?\r?$/m.exec(text)
  const end = /^>{7}(?: .*)?\r?$/m.exec(text)
  return start !== null && end !== null && start.index < end.index ? start.index : undefined
}

export const MERGE_CONFLICT: Slip = {
  message: 'The manifest contains a merge conflict.',
  hint: 'Keep one side, and remove the lines that start with `<<<<<<<`, `=======` and `>>>>>>>`.',
}

/**
 * Explains a YAML parser error, with advice for the most common mistakes.
 *
 * @param line the line that the error points to.
 * @param known the names of known fields.
 */
export function explainSlip(
  { code, message }: { readonly code: string; readonly message: string },
  text: string,
  line: string,
  known: readonly string[],
): Slip {
  switch (code) {
    case 'TAB_AS_INDENT':
      return { message: 'A tab cannot indent YAML. Use spaces.' }
    case 'MULTIPLE_DOCS':
      return { message: 'A manifest is one document: `---` starts a second one here.' }
    case 'BLOCK_AS_IMPLICIT_KEY':
      return colonInValue(line) ?? { message: `Not valid YAML: ${message}`, ...quoting(text, line) }
    case 'BLOCK_IN_FLOW':
      return colonInFlow(line) ?? { message: `Not valid YAML: ${message}`, ...quoting(text, line) }
    case 'MISSING_CHAR':
    case 'MULTILINE_IMPLICIT_KEY':
      return (
        missingColon(line, known) ?? {
          message: `Not valid YAML: ${message}`,
          ...quoting(text, line),
        }
      )
    default:
      return { message: `Not valid YAML: ${message}`, ...quoting(text, line) }
  }
}

/** Corrects `prompt A cat`, `prompt:A cat` and `kira`; returns undefined for other text. */
export function withColon(written: string, known: readonly string[]): string | undefined {
  const [, word = '', , rest = ''] =
    /^([\p{L}\p{N}_.-]+)(:(?=\S)|\s+(?!:)|$)(.*)$/u.exec(written.trim()) ?? []
  if (word === '') return undefined
  if (rest === '') return `${word}:`
  const isField = known.includes(word) || nearest(word, known) !== undefined
  return isField ? `${word}: ${rest}` : undefined
}

const COLON_NEEDS_QUOTES = 'Not valid YAML: a text with a colon followed by a space needs quotes.'

/** Explains `prompt: A cat: a dog` and `prompt: A cat:`. */
function colonInValue(line: string): Slip | undefined {
  const [, key, value] = /^\s*(?:- +)*([^\s:#'"]+): +(\S.*?)\s*$/.exec(line) ?? []
  if (key === undefined || value === undefined) return undefined
  if (!/:(?:\s|$)/.test(value)) {
    return {
      message: `Not valid YAML: \`${visible(key)}\` has both a value and fields below it.`,
      hint: `Start a text of several lines with \`${visible(key)}: >\`, or remove the value.`,
    }
  }
  return { message: COLON_NEEDS_QUOTES, hint: `Put it in quotes: \`${quoted(key, value)}\`.` }
}

/** Explains the same mistake inside `{ … }` and `[ … ]`, where a comma also ends the text. */
function colonInFlow(line: string): Slip | undefined {
  const found =
    /([\p{L}\p{N}_.-]+): +([^\s"',{}[\]][^"',{}[\]]*?:(?: [^"',{}[\]]*)?)(?=\s*[,}\]]|$)/u
  const [, key, value] = found.exec(line) ?? []
  return key === undefined || value === undefined
    ? undefined
    : {
        message: COLON_NEEDS_QUOTES,
        hint: `Put it in quotes: \`${quoted(key, value.trimEnd())}\`.`,
      }
}

function missingColon(line: string, known: readonly string[]): Slip | undefined {
  const right = withColon(line, known)
  if (right === undefined) return undefined
  return {
    message: 'Not valid YAML: a colon is missing here.',
    hint: `Write \`${visible(right)}\`, with a space after the colon.`,
  }
}

function quoted(key: string, value: string): string {
  const plain = value.replaceAll(/^["']|["']$/g, '')
  return visible(`${key}: ${JSON.stringify(plain)}`)
}

/** Suggests quotes for braces and `#`, which are special in flow style. */
function quoting(text: string, line: string): { hint?: string } {
  if (/[[,]\s*#/.test(text.replaceAll(/"[^"\n]*"|'[^'\n]*'/g, ''))) {
    return { hint: 'A bare # starts a comment in YAML. Put references in quotes: `"#name"`.' }
  }
  const [unquoted = ''] = line.split(/["']/, 1)
  const brace = unquoted.indexOf('{')
  const isFlow = brace >= 0 && unquoted.includes('${', brace + 1)
  return isFlow ? { hint: 'Inside { … }, text with `${` must be in quotes.' } : {}
}
