import { visible } from '../../shared/plain-text.ts'
import { nearest } from '../../shared/suggest.ts'

/** Why a text cannot be a media query, and what to do. */
export interface QueryFault {
  readonly message: string
  readonly hint: string
}

/**
 * Checks what would break an attribute or a style sheet, and what no browser would ever match: a browser takes such a
 * query for `not all`, without a message. Names of features are not checked, because browsers add new ones.
 *
 * @see https://www.w3.org/TR/mediaqueries-4/#error-handling
 */
export function mediaQueryFault(query: string): QueryFault | undefined {
  if (query.trim() === '') return { message: 'The media query is empty.', hint: EXAMPLE }
  if (/^\s*@/.test(query)) {
    return {
      message: `\`${shown(query)}\` is a rule of a style sheet.`,
      hint: 'Write only the query, without `@media`.',
    }
  }
  const [foreign] = FOREIGN.exec(query) ?? []
  if (foreign !== undefined) {
    return { message: `A media query cannot contain \`${visible(foreign)}\`.`, hint: EXAMPLE }
  }
  return wordFault(query) ?? bracketFault(query)
}

const EXAMPLE = 'Write it as in CSS: `(max-width: 600px)`, `(prefers-color-scheme: dark)`.'

/** Characters that no media query needs and that would end an attribute, a tag or a rule. */
const FOREIGN = /["'`&{};@\\$\p{Cc}\p{Cf}\u2028\u2029]|[<>](?=[a-z/!?])/iu

/** What may stand outside of parentheses. Browsers match other media types, such as `tv`, never. */
const WORDS: readonly string[] = ['all', 'screen', 'print', 'speech', 'and', 'not', 'only', 'or']

/** What is outside of parentheses: media types and the words between conditions. */
function wordFault(query: string): QueryFault | undefined {
  const outside = withoutConditions(query)
  if (/[:<>=]/.test(outside)) {
    const condition = outside.split(',').find((part) => /[:<>=]/.test(part)) ?? outside
    const written = shown(condition.replaceAll(/\b(?:and|or|only|screen)\b|[()]/g, ''))
    return {
      message: `\`${shown(query)}\`: a condition stands in parentheses.`,
      hint: `Write \`(${written})\`.`,
    }
  }
  const word = outside
    .split(/[\s,()]+/)
    .find((one) => one !== '' && !WORDS.includes(one.toLowerCase()))
  if (word === undefined) return undefined
  const suggestion = nearest(word, WORDS)
  return {
    message: `\`${shown(query)}\`: \`${shown(word)}\` is not a media type.`,
    hint: suggestion === undefined ? EXAMPLE : `Did you mean \`${suggestion}\`?`,
  }
}

/** The text without everything in parentheses; an unclosed one ends with the text. */
function withoutConditions(query: string): string {
  let depth = 0
  let outside = ''
  for (const letter of query) {
    if (letter === '(') depth++
    else if (letter === ')') depth = Math.max(0, depth - 1)
    else if (depth === 0) outside += letter
  }
  return outside
}

function bracketFault(query: string): QueryFault | undefined {
  let depth = 0
  for (const letter of query) {
    if (letter === '(') depth++
    if (letter === ')') depth--
    if (depth < 0) break
  }
  if (depth === 0) return undefined
  return {
    message: `\`${shown(query)}\`: a parenthesis is ${depth > 0 ? 'never closed' : 'closed before it is opened'}.`,
    hint: EXAMPLE,
  }
}

function shown(text: string): string {
  return visible(text.trim().slice(0, 80))
}
