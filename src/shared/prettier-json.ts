import type { JsonValue } from './hash.ts'

/** Prettier's default `printWidth`. */
const WIDTH = 80

/**
 * Formats JSON as Prettier does by default, so that `prettier --check .` passes in a project that commits it.
 *
 * Objects are always spread over lines, which Prettier keeps. Arrays differ from `JSON.stringify`: Prettier puts one on
 * a single line wherever it fits.
 *
 * @see https://prettier.io/docs/rationale#objects
 */
export function prettierJson(value: object): string {
  const plain = JSON.parse(JSON.stringify(value)) as JsonValue
  return `${print(plain, { indent: '', taken: 0 })}\n`
}

/** The line in which a value starts. */
interface Line {
  readonly indent: string
  /** The columns of the text before the value and of a comma after it. */
  readonly taken: number
}

function print(value: JsonValue, line: Line): string {
  if (typeof value === 'number') return numberText(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return printArray(value, line)
  const indent = `${line.indent}  `
  const members = Object.entries(value)
  const lines = members.map(([name, member], index) => {
    const start = `${indent}${JSON.stringify(name)}: `
    const end = commaAfter(index, members)
    return `${start}${print(member, { indent, taken: widthOf(start) + end.length })}${end}`
  })
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${line.indent}}`
}

function printArray(items: JsonValue[], line: Line): string {
  if (items.length === 0) return '[]'
  // Longer lists never fit, and a rate window's list is written often.
  const flat = items.length < WIDTH ? flatText(items) : undefined
  if (flat !== undefined && line.taken + widthOf(flat) <= WIDTH) return flat
  const indent = `${line.indent}  `
  const lines =
    items.length > 1 && items.every((item) => typeof item === 'number')
      ? filledLines(items.map(numberText), WIDTH - indent.length)
      : items.map((item, index) => {
          const end = commaAfter(index, items)
          return `${print(item, { indent, taken: indent.length + end.length })}${end}`
        })
  return `[\n${lines.map((each) => `${indent}${each}`).join('\n')}\n${line.indent}]`
}

/** A value on one line. `undefined` where Prettier never prints it so. */
function flatText(value: JsonValue): string | undefined {
  if (!Array.isArray(value)) {
    return isEmptyOrScalar(value) ? print(value, { indent: '', taken: 0 }) : undefined
  }
  if (isTable(value)) return undefined
  const items = value.map(flatText)
  return items.every((item) => item !== undefined) ? `[${items.join(', ')}]` : undefined
}

/** Several arrays of several items each are always on separate lines. */
function isTable(items: JsonValue[]): boolean {
  return items.length > 1 && items.every((item) => Array.isArray(item) && item.length > 1)
}

function isEmptyOrScalar(value: JsonValue): boolean {
  return typeof value !== 'object' || value === null || Object.keys(value).length === 0
}

/** Numbers are side by side, as many as fit. */
function filledLines(numbers: readonly string[], width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const [index, text] of numbers.entries()) {
    const number = `${text}${commaAfter(index, numbers)}`
    if (line !== '' && line.length + 1 + number.length > width) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? number : ` ${number}`
  }
  return [...lines, line]
}

function commaAfter(index: number, { length }: readonly unknown[]): ',' | '' {
  return index < length - 1 ? ',' : ''
}

function numberText(number: number): string {
  return `${number}`.replace('e+', 'e')
}

/** Columns: East Asian characters and most emoji take two. */
function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  const wide = text.match(
    /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/gu,
  )
  return [...text].length + (wide?.length ?? 0)
}
