import type { Node, YAMLMap } from 'yaml'
import type { NodeReader } from '../yaml-document.ts'
import {
  applySplices,
  columnOf,
  endOf,
  isQuotedKey,
  lineEnd,
  newLineAt,
  pairOf,
  startOf,
  type Splice,
} from './positions.ts'
import type { FieldValue } from './value-text.ts'
import {
  type Fields,
  fillEmpty,
  insertAbove,
  insertBelow,
  insertInFlow,
  pairText,
} from './write-field.ts'
import { loadYaml } from '../yaml.ts'

/** An override to add behind the others of an image. */
export interface NewOverride {
  readonly when: ReadonlyMap<string, string>
  readonly fields: ReadonlyArray<readonly [field: string, value: FieldValue]>
}

/** Yields the text with the override added, in every possible way, the most readable first. The caller checks the results. */
export function* waysToAdd(
  text: string,
  { map, start }: Fields,
  override: NewOverride,
  { resolved }: NodeReader,
): Generator<string> {
  for (const splices of splicesFor(text, map, start, override, resolved)) {
    yield applySplices(text, splices)
  }
}

function* splicesFor(
  text: string,
  map: YAMLMap,
  name: number,
  override: NewOverride,
  resolved: NodeReader['resolved'],
): Generator<readonly Splice[]> {
  const [first] = map.items
  if (first === undefined) {
    yield fillEmpty(map, `overrides: [${flowItem(override, false)}]`)
    return
  }
  const isQuoted = isQuotedKey(first)
  const key = isQuoted ? '"overrides"' : 'overrides'
  const written = pairOf(map, 'overrides')
  if (written !== undefined) {
    const list = resolved(written.value)
    if (loadYaml().isSeq(list))
      yield* appended(text, list.items as Node[], list, override, isQuoted)
    return
  }
  if (map.flow === true) {
    yield insertInFlow(map.items.at(-1), `${key}: [${flowItem(override, isQuoted)}]`)
    return
  }
  const column = columnOf(text, startOf(first.key) ?? 0)
  const unit = Math.max(2, column - columnOf(text, name)) || 2
  const indent = ' '.repeat(column + unit)
  const newLine = newLineAt(text, name)
  const lines = `${key}:${newLine}${indent}${blockItem(override, indent, newLine)}`
  const neighbours = [map.items.at(-1), pairOf(map, 'exclude'), pairOf(map, 'matrix')]
  for (const neighbour of neighbours) {
    if (neighbour !== undefined) yield insertBelow(text, neighbour, lines)
  }
  yield insertAbove(text, first, lines)
}

function* appended(
  text: string,
  items: readonly Node[],
  list: Node & { readonly flow?: boolean | undefined },
  override: NewOverride,
  isQuoted: boolean,
): Generator<readonly Splice[]> {
  const last = items.at(-1)
  if (last === undefined) {
    const [start = 0, end = 0] = list.range ?? []
    yield [{ start, end, text: `[${flowItem(override, isQuoted)}]` }]
    return
  }
  if (list.flow === true) {
    yield insertInFlow(last, flowItem(override, isQuoted))
    return
  }
  const start = startOf(last) ?? 0
  const dash = text.lastIndexOf('-', start - 1)
  const indent = ' '.repeat(columnOf(text, dash))
  const newLine = newLineAt(text, start)
  const item =
    loadYaml().isMap(last) && last.flow === true
      ? `- ${flowItem(override, isQuoted)}`
      : blockItem(override, indent, newLine)
  const end = lineEnd(text, endOf(last))
  yield [{ start: end, end, text: `${newLine}${indent}${item}` }]
  // Line breaks at the end of the last item may belong to a text that keeps them.
  const after = last.range?.[1] ?? end
  yield [{ start: after, end: after, text: `${indent}${item}${newLine}` }]
}

function flowItem({ when, fields }: NewOverride, isQuoted: boolean): string {
  const pairs = [
    `${isQuoted ? '"when"' : 'when'}: ${whenText(when, isQuoted)}`,
    ...fields.map(([field, value]) => pairText(field, value, isQuoted)),
  ]
  return `{ ${pairs.join(', ')} }`
}

function blockItem({ when, fields }: NewOverride, indent: string, newLine: string): string {
  const pairs = [
    `when: ${whenText(when, false)}`,
    ...fields.map(([field, value]) => pairText(field, value, false)),
  ]
  return `- ${pairs.join(`${newLine}${indent}  `)}`
}

/** Words that need no quotes; YAML would read the excluded ones as something else. */
const PLAIN_WORD =
  /^(?!(?:true|false|null|yes|no|on|off|y|n)$)\p{L}[\p{L}\p{M}\p{N}_-]*$|^(?:0|[1-9]\d{0,14})$/iu

function whenText(when: ReadonlyMap<string, string>, isQuoted: boolean): string {
  const pairs = [...when].map(([name, value]) => {
    const key = isQuoted ? JSON.stringify(name) : name
    return `${key}: ${!isQuoted && PLAIN_WORD.test(value) ? value : JSON.stringify(value)}`
  })
  return `{ ${pairs.join(', ')} }`
}
