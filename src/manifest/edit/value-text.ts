/** A value of a field. */
export type FieldValue = number | string

/** A spelling of a value as YAML text, and the value that YAML reads from it. */
export interface Spelling {
  readonly text: string
  readonly value: FieldValue
}

/** Text that needs no quotes, wherever it is: a path, a shape such as `16:9`. */
const PLAIN = /^(?:\.[\p{L}\p{N}_./-]+|[1-9]\d*[:x][1-9]\d*)$/u

/** A candidate's digest, which `pick` takes in quotes only. */
const DIGEST = /^[0-9a-f]{8,}$/i

/** A value on one line. */
export function inlineText(value: FieldValue, isQuoted: boolean): string {
  return typeof value === 'number' || (!isQuoted && PLAIN.test(value))
    ? String(value)
    : JSON.stringify(value)
}

/**
 * Several lines as a literal block; undefined for a text that a block does not hold exactly.
 *
 * @param indent of the block's lines.
 */
export function blockText(
  value: FieldValue,
  indent: string,
  newLine: string,
): Spelling | undefined {
  if (typeof value !== 'string' || !/[^\n]\n[^]/.test(value) || /^\s|\n\n$|\r/.test(value)) {
    return undefined
  }
  const mark = value.endsWith('\n') ? '|' : '|-'
  const lines = value.replace(/\n$/, '').split('\n')
  const text = [mark, ...lines.map((line) => (line === '' ? '' : `${indent}${line}`))].join(newLine)
  return { text, value }
}

/** The spellings of a value that takes the place of a scalar on one line, the most similar one first. */
export function* inlineSpellings(
  value: FieldValue,
  type: string | null | undefined,
): Generator<Spelling> {
  const isOneLine = typeof value === 'string' && !/[\r\n]/.test(value)
  if (type === 'QUOTE_SINGLE' && isOneLine) {
    yield { text: `'${value.replaceAll("'", "''")}'`, value }
  }
  if (type === 'PLAIN' && isOneLine && value !== '' && !DIGEST.test(value)) {
    yield { text: value, value }
  }
  yield { text: inlineText(value, type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE'), value }
}

/**
 * A text in place of the one of a block scalar, with the same header, indentation and line breaks.
 *
 * @param written the block from its mark to the end of its last line.
 */
export function sameBlock(
  value: FieldValue,
  written: string,
  newLine: string,
): Spelling | undefined {
  const [header = '', ...lines] = written.split(/\r?\n/)
  const [, mark = '', keep = ''] = /^([|>])([-+]?)(?=\s|$)/.exec(header) ?? []
  const indent = /^ +/.exec(lines.find((line) => line.trim() !== '') ?? '')?.[0]
  if (mark === '' || indent === undefined || typeof value !== 'string') return undefined
  const text = value.replace(/\n$/, '')
  if (text === '' || /^\s|\n$|\r/.test(text) || (mark === '>' && text.includes('\n'))) {
    return undefined
  }
  const put = text.split('\n').map((line) => (line === '' ? '' : `${indent}${line}`))
  return { text: [header, ...put].join(newLine), value: keep === '-' ? text : `${text}\n` }
}
