import { type Pair, type YAMLMap, isAlias, isCollection, isNode, isPair, isScalar } from 'yaml'

/** A field to set in an image. */
export interface ImageEdit {
  readonly field: 'revision' | 'source' | 'pick'
  readonly value: number | string
  /** A field of the image that conflicts with the new one. Its lines become comments, so the user can restore them. */
  readonly retired?: 'prompt'
}

/** The YAML map that holds an image's fields. */
export interface Fields {
  readonly map: YAMLMap
  /** The offset at which the image's name starts; for a single-image manifest, the map. */
  readonly start: number
}

/**
 * Yields the text with the field set, in every possible way, the most readable first. The caller checks the results.
 */
export function* waysToWrite(text: string, fields: Fields, edit: ImageEdit): Generator<string> {
  for (const splices of splicesFor(text, fields, edit)) yield apply(text, splices)
}

/** A text replacement between two offsets. */
interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

function* splicesFor(
  text: string,
  { map, start }: Fields,
  edit: ImageEdit,
): Generator<readonly Splice[]> {
  const old = pairOf(map, edit.field)
  if (old !== undefined) {
    yield replaceValue(old, edit)
    return
  }
  const retired = edit.retired === undefined ? undefined : pairOf(map, edit.retired)
  if (retired !== undefined) {
    yield map.flow === true
      ? replaceInFlow(text, retired, start, edit)
      : replaceLines(text, retired, edit)
    return
  }
  const [first] = map.items
  if (first === undefined) {
    yield fillEmpty(map, edit)
    return
  }
  const neighbour = pairOf(map, 'prompt') ?? first
  if (map.flow === true) yield insertInFlow(neighbour, edit)
  else {
    yield insertBelow(text, neighbour, edit)
    // Below a block scalar that keeps its trailing line breaks, a new line would take them away from it.
    yield insertAbove(text, first, edit)
  }
}

function apply(text: string, splices: readonly Splice[]): string {
  return [...splices]
    .sort((left, right) => right.start - left.start)
    .reduce((all, { start, end, text: put }) => all.slice(0, start) + put + all.slice(end), text)
}

function replaceValue(pair: Pair, { value }: ImageEdit): Splice[] {
  const node = pair.value
  const [start, end] = (isNode(node) ? node.range : undefined) ?? []
  if (start === undefined || end === undefined) return []
  const isQuoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE')
  return [{ start, end, text: scalar(value, isQuoted) }]
}

/** Replaces a pair of `kira: { prompt: …, alt: … }` and keeps the old pair as a comment above the image. */
function replaceInFlow(text: string, pair: Pair, image: number, edit: ImageEdit): Splice[] {
  const start = startOf(pair.key) ?? 0
  const end = endOf(pair)
  const above = lineStart(text, image)
  const indent = indentAt(text, above)
  const comment = commented(text.slice(start, end), '').map((line) => `${indent}${line}`)
  const newLine = newLineAt(text, image)
  return [
    { start: above, end: above, text: comment.map((line) => `${line}${newLine}`).join('') },
    { start, end, text: fieldText(edit, isQuotedKey(pair)) },
  ]
}

function replaceLines(text: string, pair: Pair, edit: ImageEdit): Splice[] {
  const key = startOf(pair.key) ?? 0
  const start = lineStart(text, key)
  const end = lineEnd(text, endOf(pair))
  const indent = ' '.repeat(key - start)
  const lines = [`${indent}${fieldText(edit, isQuotedKey(pair))}`].concat(
    commented(text.slice(start, end), indent),
  )
  return [{ start, end, text: lines.join(newLineAt(text, key)) }]
}

function fillEmpty(map: YAMLMap, edit: ImageEdit): Splice[] {
  const [start, end] = map.range ?? []
  return start === undefined || end === undefined
    ? []
    : [{ start, end, text: `{ ${fieldText(edit, false)} }` }]
}

function insertInFlow(neighbour: Pair, edit: ImageEdit): Splice[] {
  const end = endOf(neighbour)
  return [{ start: end, end, text: `, ${fieldText(edit, isQuotedKey(neighbour))}` }]
}

function insertBelow(text: string, neighbour: Pair, edit: ImageEdit): Splice[] {
  const key = startOf(neighbour.key) ?? 0
  const end = lineEnd(text, endOf(neighbour))
  const indent = ' '.repeat(key - lineStart(text, key))
  const line = `${newLineAt(text, key)}${indent}${fieldText(edit, isQuotedKey(neighbour))}`
  return [{ start: end, end, text: line }]
}

function insertAbove(text: string, first: Pair, edit: ImageEdit): Splice[] {
  const start = startOf(first.key) ?? 0
  const indent = ' '.repeat(start - lineStart(text, start))
  const line = `${fieldText(edit, isQuotedKey(first))}${newLineAt(text, start)}${indent}`
  return [{ start, end: start, text: line }]
}

/** Turns lines into comments; removing the `# ` marks restores them. */
function commented(lines: string, indent: string): string[] {
  return lines.split(/\r?\n/).map((line) => {
    const inner = line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()
    return inner === '' ? `${indent}#` : `${indent}# ${inner}`
  })
}

/** The field as YAML text. */
export function fieldText({ field, value }: ImageEdit, isQuoted: boolean): string {
  return `${isQuoted ? JSON.stringify(field) : field}: ${scalar(value, isQuoted)}`
}

function scalar(value: number | string, isQuoted: boolean): string {
  const isPlain = typeof value === 'number' || (!isQuoted && /^\.[\p{L}\p{N}_./-]+$/u.test(value))
  return isPlain ? String(value) : JSON.stringify(value)
}

function isQuotedKey({ key }: Pair): boolean {
  return isScalar(key) && key.type === 'QUOTE_DOUBLE'
}

export function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find((item) => isScalar(item.key) && String(item.key.value) === name)
}

/** The start offset of a node. */
export function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}

/** The offset at which a node's content ends, without trailing comments and line breaks. */
export function endOf(value: unknown): number {
  if (isPair(value)) return value.value === null ? endOf(value.key) : endOf(value.value)
  if (isCollection(value) && value.flow !== true && value.items.length > 0) {
    return endOf(value.items.at(-1))
  }
  return (isScalar(value) || isAlias(value) || isCollection(value) ? value.range?.[1] : 0) ?? 0
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

/** The end of the line that contains an offset. A block scalar ends after its last line break. */
export function lineEnd(text: string, end: number): number {
  let last = end
  while (/[\r\n]/.test(text.charAt(last - 1))) last--
  const lineBreak = /\r?\n/g
  lineBreak.lastIndex = last
  return lineBreak.exec(text)?.index ?? text.length
}

export function indentAt(text: string, start: number): string {
  return /^ */.exec(text.slice(start, start + 1000))?.[0] ?? ''
}

/** The line break that the file uses after an offset. */
export function newLineAt(text: string, offset: number): string {
  return (/\r?\n/.exec(text.slice(offset)) ?? /\r?\n/.exec(text))?.[0] ?? '\n'
}
