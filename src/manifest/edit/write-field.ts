import type { Pair, YAMLMap } from 'yaml'
import {
  applySplices,
  columnOf,
  endOf,
  indentAt,
  isQuotedKey,
  lineEnd,
  lineStart,
  newLineAt,
  pairOf,
  startOf,
  type Splice,
} from './positions.ts'
import { removals } from './remove-field.ts'
import {
  type FieldValue,
  type Spelling,
  blockText,
  inlineSpellings,
  inlineText,
  sameBlock,
} from './value-text.ts'
import { loadYaml } from '../yaml.ts'

/** The fields that edits write. */
export type EditableField =
  | 'prompt'
  | 'alt'
  | 'aspectRatio'
  | 'size'
  | 'seed'
  | 'n'
  | 'pick'
  | 'revision'
  | 'source'

/** A field to set. */
export interface FieldEdit {
  readonly field: EditableField
  /** `null` removes the field. */
  readonly value: FieldValue | null
  /** A field that conflicts with the new one. Its lines become comments, so the user can restore them. */
  readonly retired?: 'prompt'
}

/** The YAML map that holds fields. */
export interface Fields {
  readonly map: YAMLMap
  /** The offset at which the image's name starts; for a single-image manifest, the map. */
  readonly start: number
}

/** A text with an edit applied. */
export interface Way {
  readonly text: string
  /** What YAML reads there; a block of text may end with a line break. */
  readonly value: FieldValue | null
}

/**
 * Yields the text with the field set, in every possible way, the most readable first. The caller checks the results.
 */
export function* waysToWrite(text: string, fields: Fields, edit: FieldEdit): Generator<Way> {
  const { map } = fields
  const { value } = edit
  if (value === null) {
    const old = pairOf(map, edit.field)
    if (old === undefined) yield { text, value }
    else for (const splices of removals(text, map, old)) yield way(text, splices, value)
    return
  }
  for (const { splices, read } of splicesFor(text, fields, edit, value)) {
    yield way(text, splices, read)
  }
}

function way(text: string, splices: readonly Splice[], value: FieldValue | null): Way {
  return { text: applySplices(text, splices), value }
}

interface Written {
  readonly splices: readonly Splice[]
  /** What YAML reads then. */
  readonly read: FieldValue
}

function* splicesFor(
  text: string,
  { map, start }: Fields,
  edit: FieldEdit,
  value: FieldValue,
): Generator<Written> {
  const one = (splices: readonly Splice[]): Written => ({ splices, read: value })
  const old = pairOf(map, edit.field)
  if (old !== undefined) {
    yield* replaceValue(text, old, value)
    return
  }
  const retired = edit.retired === undefined ? undefined : pairOf(map, edit.retired)
  if (retired !== undefined) {
    yield one(
      map.flow === true
        ? replaceInFlow(text, retired, start, edit, value)
        : replaceLines(text, retired, edit, value),
    )
    return
  }
  const [first] = map.items
  if (first === undefined) {
    yield one(fillEmpty(map, pairText(edit.field, value, false)))
    return
  }
  const neighbour = pairOf(map, 'prompt') ?? first
  if (map.flow === true) {
    yield one(insertInFlow(neighbour, pairText(edit.field, value, isQuotedKey(neighbour))))
    return
  }
  const column = columnOf(text, startOf(neighbour.key) ?? 0)
  const unit = ' '.repeat(2)
  const newLine = newLineAt(text, startOf(neighbour.key) ?? 0)
  const block = blockText(value, ' '.repeat(column) + unit, newLine)
  if (block !== undefined) {
    const key = isQuotedKey(neighbour) ? JSON.stringify(edit.field) : edit.field
    yield one(insertBelow(text, neighbour, `${key}: ${block.text}`))
  }
  const line = pairText(edit.field, value, isQuotedKey(neighbour))
  yield one(insertBelow(text, neighbour, line))
  // Below a block scalar that keeps its trailing line breaks, a new line would take them away from it.
  yield one(insertAbove(text, first, line))
}

function* replaceValue(text: string, pair: Pair, value: FieldValue): Generator<Written> {
  const node = pair.value
  const start = startOf(node)
  if (start === undefined) return
  const put = (end: number, spelling: Spelling): Written => ({
    splices: [{ start, end, text: spelling.text }],
    read: spelling.value,
  })
  const type = loadYaml().isScalar(node) ? node.type : undefined
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') {
    const end = lineEnd(text, endOf(pair))
    const newLine = newLineAt(text, start)
    const same = sameBlock(value, text.slice(start, end), newLine)
    if (same !== undefined) yield put(end, same)
    const column = columnOf(text, startOf(pair.key) ?? 0)
    const block = blockText(value, ' '.repeat(column + 2), newLine)
    if (block !== undefined) yield put(end, block)
    yield put(end, { text: inlineText(value, true), value })
    return
  }
  for (const spelling of inlineSpellings(value, type)) yield put(endOf(pair), spelling)
}

/** Replaces a pair of `kira: { prompt: …, alt: … }` and keeps the old pair as a comment above the image. */
function replaceInFlow(
  text: string,
  pair: Pair,
  image: number,
  { field }: FieldEdit,
  value: FieldValue,
): Splice[] {
  const start = startOf(pair.key) ?? 0
  const end = endOf(pair)
  const above = lineStart(text, image)
  const indent = indentAt(text, above)
  const comment = commented(text.slice(start, end), '').map((line) => `${indent}${line}`)
  const newLine = newLineAt(text, image)
  return [
    { start: above, end: above, text: comment.map((line) => `${line}${newLine}`).join('') },
    { start, end, text: pairText(field, value, isQuotedKey(pair)) },
  ]
}

function replaceLines(text: string, pair: Pair, { field }: FieldEdit, value: FieldValue): Splice[] {
  const key = startOf(pair.key) ?? 0
  const start = lineStart(text, key)
  const end = lineEnd(text, endOf(pair))
  // In a list, a dash may stand before the key.
  const before = text.slice(start, key)
  const indent = ' '.repeat(key - start)
  const lines = [`${before}${pairText(field, value, isQuotedKey(pair))}`].concat(
    commented(`${indent}${text.slice(key, end)}`, indent),
  )
  return [{ start, end, text: lines.join(newLineAt(text, key)) }]
}

/** Fills `{}`. */
export function fillEmpty(map: YAMLMap, pair: string): Splice[] {
  const [start, end] = map.range ?? []
  return start === undefined || end === undefined ? [] : [{ start, end, text: `{ ${pair} }` }]
}

export function insertInFlow(neighbour: unknown, inserted: string): Splice[] {
  const end = endOf(neighbour)
  return [{ start: end, end, text: `, ${inserted}` }]
}

/** Adds lines below a pair, in its column. */
export function insertBelow(text: string, neighbour: Pair, inserted: string): Splice[] {
  const key = startOf(neighbour.key) ?? 0
  const end = lineEnd(text, endOf(neighbour))
  const line = `${newLineAt(text, key)}${' '.repeat(columnOf(text, key))}${inserted}`
  return [{ start: end, end, text: line }]
}

/** Adds lines above a pair, in its column. */
export function insertAbove(text: string, first: Pair, inserted: string): Splice[] {
  const start = startOf(first.key) ?? 0
  const line = `${inserted}${newLineAt(text, start)}${' '.repeat(columnOf(text, start))}`
  return [{ start, end: start, text: line }]
}

/** Turns lines into comments; removing the `# ` marks restores them. */
function commented(lines: string, indent: string): string[] {
  return lines.split(/\r?\n/).map((line) => {
    const inner = line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()
    return inner === '' ? `${indent}#` : `${indent}# ${inner}`
  })
}

/** A field as YAML text. */
export function pairText(field: string, value: FieldValue, isQuoted: boolean): string {
  return `${isQuoted ? JSON.stringify(field) : field}: ${inlineText(value, isQuoted)}`
}
